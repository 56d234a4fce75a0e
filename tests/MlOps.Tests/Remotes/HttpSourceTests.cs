using System.Text;
using Microsoft.AspNetCore.Http;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

/// <summary>Downloads from a real server that behaves well, badly, or not at all.</summary>
public sealed class HttpSourceTests : IAsyncLifetime, IDisposable
{
    private static readonly HttpSourceOptions Quick = new() { Pause = TimeSpan.Zero, Attempts = 3, Stall = TimeSpan.FromSeconds(20), Netrc = "/nowhere" };

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];
    private DataServer _server = null!;

    private string Target => Path.Join(_folder.Root, "download");

    private byte[] Got => File.ReadAllBytes(Target);

    public async Task InitializeAsync()
    {
        _server = await DataServer.StartAsync();
        _server.Files["a.bin"] = _bytes;
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_comes_whole_and_its_validators_make_the_next_request_a_short_one()
    {
        var answer = await FetchAsync();
        Assert.Equal(_bytes, Got);
        HttpSource.Remove(Target);

        var again = await FetchAsync(answer.Validators);

        Assert.False(again.IsModified);
        Assert.Contains($"condition={DataServer.TagOf(_bytes)}", _server.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_gone_on_with_where_it_was()
    {
        var broken = 0;
        _server.Before = async context =>
        {
            if (broken++ > 0)
            {
                return false;
            }

            await BreakAfterAsync(context, 100_000);
            return true;
        };

        await FetchAsync();

        Assert.Equal(_bytes, Got);
        Assert.Contains("range=", _server.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_process_goes_on_where_the_first_was_ended()
    {
        using var cancel = new CancellationTokenSource();
        _server.Before = async context =>
        {
            await SendAsync(context, 100_000);
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var source = new HttpSource(Quick);
            await source.FetchAsync(_server.At("a.bin"), Target, null, null, cancel.Token);
        });
        var there = new FileInfo(Target).Length;
        _server.Before = null;

        await FetchAsync();

        Assert.Equal(_bytes, Got);
        Assert.True(there == 0 || _server.Requests.Last().Contains($"range={there}-", StringComparison.Ordinal), _server.Requests.Last());
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_begins_anew()
    {
        _server.Before = async context =>
        {
            await BreakAfterAsync(context, 100_000);
            _server.Before = null;
            _server.Files["a.bin"] = Encoding.UTF8.GetBytes("quite another file");
            return true;
        };

        await FetchAsync();

        Assert.Equal("quite another file", Encoding.UTF8.GetString(Got));
    }

    [Fact]
    public async Task A_download_that_is_whole_already_is_not_repeated()
    {
        await FetchAsync();

        var answer = await FetchAsync();

        Assert.True(answer.IsModified);
        Assert.Equal(_bytes, Got);
        Assert.Contains($"range={_bytes.Length}-", _server.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_are_followed_ten_times_and_no_more()
    {
        _server.Before = context => RedirectAsync(context, path => int.Parse(path[1..], System.Globalization.CultureInfo.InvariantCulture) is > 0 and var left ? $"/{left - 1}" : "/a.bin", path => path != "/a.bin");

        await FetchAsync(path: "9");
        Assert.Equal(_bytes, Got);
        Assert.Equal("MLO8251", await FailsAsync("10"));
    }

    [Fact]
    public async Task Credentials_go_to_the_declared_host_and_port_and_to_no_other()
    {
        await using var other = await DataServer.StartAsync();
        other.Files["a.bin"] = _bytes;
        var netrc = _folder.Write("netrc", "# mine\nmachine 127.0.0.1\n  login me password secret\ndefault login all password all\n");
        _server.Before = context => RedirectAsync(context, path => path == "/first" ? "/second" : other.At("a.bin").AbsoluteUri, _ => true);

        using var source = new HttpSource(Quick with { Netrc = netrc });
        await source.FetchAsync(_server.At("first"), Target, null, null, default);

        var basic = Convert.ToBase64String("me:secret"u8);
        Assert.All(_server.Requests, request => Assert.Contains($"auth=Basic {basic}", request, StringComparison.Ordinal));
        Assert.Equal(2, _server.Requests.Count);
        Assert.DoesNotContain("auth", Assert.Single(other.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "MLO8253")]
    [InlineData(404, "MLO8254")]
    [InlineData(418, "MLO8255")]
    [InlineData(500, "MLO8256")]
    public async Task What_a_server_refuses_is_told(int status, string code)
    {
        _server.Before = context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        Assert.Equal(code, await FailsAsync());
        Assert.Equal(status == 500 ? Quick.Attempts : 1, _server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_says_when_to_come_back_is_obeyed_up_to_a_bound()
    {
        var asked = 0;
        _server.Before = context =>
        {
            if (asked++ == 2)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        await FetchAsync();
        Assert.Equal(_bytes, Got);

        asked = 0;
        _server.Before = context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "86400";
            asked++;
            return Task.FromResult(true);
        };
        HttpSource.Remove(Target);
        Assert.Equal("MLO8258", await FailsAsync());
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_server_that_promises_more_than_it_gives_is_not_believed()
    {
        _server.Before = async context =>
        {
            await BreakAfterAsync(context, 0);
            return true;
        };

        Assert.Equal("MLO8256", await FailsAsync());
    }

    [Fact]
    public async Task A_server_that_gives_another_part_than_asked_for_is_not_believed()
    {
        var asked = 0;
        _server.Before = async context =>
        {
            if (asked++ == 0)
            {
                await BreakAfterAsync(context, 100_000);
                return true;
            }

            if (context.Request.Headers.Range.Count == 0)
            {
                return false;
            }

            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = "bytes 5-9/10";
            await context.Response.Body.WriteAsync("wrong"u8.ToArray());
            return true;
        };

        await FetchAsync();

        Assert.Equal(_bytes, Got);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up_and_what_came_stays()
    {
        _server.Before = async context =>
        {
            await SendAsync(context, context.Request.Headers.Range.Count == 0 ? 100_000 : 0);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        Assert.Equal("MLO8257", await FailsAsync(options: Quick with { Stall = TimeSpan.FromMilliseconds(300), Attempts = 2 }));
        _server.Before = null;
        await FetchAsync();
        Assert.Equal(_bytes, Got);
    }

    [Fact]
    public async Task Nobody_there_is_told()
    {
        using var source = new HttpSource(Quick);

        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => source.FetchAsync(new($"http://127.0.0.1:{Ports.Free()}/x"), Target, null, null, default));

        Assert.Equal("MLO8256", failure.Diagnostics[0].Code);
    }

    [Fact]
    public async Task What_is_packed_on_the_way_is_refused()
    {
        _server.Before = async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await DataServer.GiveAsync(context, _bytes);
            return true;
        };

        Assert.Equal("MLO8261", await FailsAsync());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_the_disks_trouble_and_not_the_servers()
    {
        using var source = new HttpSource(Quick);
        _folder.Write("download", "a file where the folder should be");

        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => source.FetchAsync(_server.At("a.bin"), Path.Join(Target, "x"), null, null, default));

        Assert.StartsWith("MLO11", failure.Diagnostics[0].Code, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    private async Task<HttpAnswer> FetchAsync(HttpValidators? known = null, string path = "a.bin")
    {
        using var source = new HttpSource(Quick);
        return await source.FetchAsync(_server.At(path), Target, known, null, default);
    }

    private async Task<string> FailsAsync(string path = "a.bin", HttpSourceOptions? options = null)
    {
        using var source = new HttpSource(options ?? Quick);
        return (await Assert.ThrowsAsync<DiagnosticException>(() => source.FetchAsync(_server.At(path), Target, null, null, default))).Diagnostics.Single().Code;
    }

    private async Task SendAsync(HttpContext context, int bytes)
    {
        context.Response.Headers.ETag = DataServer.TagOf(_bytes);
        var from = context.Request.Headers.Range.Count == 0 ? 0 : int.Parse(context.Request.Headers.Range.ToString()[6..^1], System.Globalization.CultureInfo.InvariantCulture);
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{_bytes.Length - 1}/{_bytes.Length}";
        }

        context.Response.ContentLength = _bytes.Length - from;
        await context.Response.Body.WriteAsync(_bytes.AsMemory(from, Math.Min(bytes, _bytes.Length - from)));
        await context.Response.Body.FlushAsync();
    }

    private async Task BreakAfterAsync(HttpContext context, int bytes)
    {
        await SendAsync(context, bytes);
        context.Abort();
    }

    private static Task<bool> RedirectAsync(HttpContext context, Func<string, string> next, Func<string, bool> applies)
    {
        var path = context.Request.Path.Value!;
        if (!applies(path))
        {
            return Task.FromResult(false);
        }

        context.Response.StatusCode = 302;
        context.Response.Headers.Location = next(path);
        return Task.FromResult(true);
    }
}
