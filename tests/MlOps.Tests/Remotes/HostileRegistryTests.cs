using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Remotes.Internal;
using MlOps.Tests.Containers;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

/// <summary>Registries that are down, slow, busy, confused or lying: told with remote and object, nothing published, and the next try works.</summary>
public sealed class HostileRegistryTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(300_000);
    private static readonly Digest Content = Digest.Of(Bytes);

    private readonly TemporaryFolder _folder = new();
    private readonly HastyTime _time = new();
    private HttpServer _server = null!;

    public static TheoryData<string, string> Registries => new()
    {
        { "down", "MLO8103" }, { "breaks", "MLO8104" }, { "speaks something else", "MLO8104" },
        { "sends more than it says", "MLO8112" }, { "tells no length", "MLO8110" }, { "has another length each time", "MLO1121" },
        { "has other bytes", "MLO1121" }, { "says it sends another blob", "MLO8112" }, { "sends another range", "MLO8112" },
        { "is busy", "MLO8107" }, { "fails", "MLO8108" }, { "wants credentials", "MLO8105" }, { "forbids", "MLO8105" }, { "wants a strange scheme", "MLO8110" },
        { "names a strange token service", "MLO8110" }, { "gives no token", "MLO8110" },
        { "redirects without end", "MLO8111" }, { "redirects to plain http", "MLO8111" }, { "is no registry", "MLO8110" }, { "does not know what it is", "MLO8109" },
    };

    public async Task InitializeAsync() => _server = await HttpServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Registries))]
    public async Task An_object_from_a_registry_that(string does, string code)
    {
        var local = new ContentStore(Path.Join(_folder.Root, "store"));
        if (does == "sends another range")
        {
            await File.WriteAllBytesAsync(local.PartialOf(Content), Bytes[..1000]);
        }

        var address = does == "down" ? $"oci://127.0.0.1:{Ports.Free()}/team/cache" : Address;
        _server.Answer = context => MisbehaveAsync(does, context);
        _server.IsRegistry = does != "is no registry";
        await using var cache = Cache(local, address);
        var diagnostic = await RealRegistry.AssertFailsAsync(code, () => FetchAsync(cache));
        Assert.Equal(address, diagnostic.Where);
        Assert.Contains(Content.Hex, diagnostic.What, StringComparison.Ordinal);
        Assert.NotNull(diagnostic.Why);
        Assert.NotNull(diagnostic.Mend);
        Assert.False(local.Contains(Content));

        _server.Answer = context => SendAsync(context, Bytes);
        _server.IsRegistry = true;
        await using var again = Cache(local, Address);
        Assert.Empty(await FetchAsync(again));
        Assert.Equal(Bytes, local.TryRead(Content));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_registry_that_stands_still_is_left(int after)
    {
        // The client goes: told to the server's side, which waits for it, and to the test.
        using var gone = new SemaphoreSlim(0);
        _server.Answer = async context =>
        {
            using var _ = context.RequestAborted.Register(() => gone.Release(2));
            if (after > 0)
            {
                context.Response.ContentLength = Bytes.Length;
                await context.Response.Body.WriteAsync(Bytes.AsMemory(0, after));
                await context.Response.Body.FlushAsync();
            }

            await gone.WaitAsync();
        };
        var local = new ContentStore(Path.Join(_folder.Root, "store"));
        var options = new RegistryOptions { Credentials = CredentialStore.None, StallTimeout = TimeSpan.FromMilliseconds(200), Attempts = 1 };
        await using var cache = new RemoteCache(local, [new(Open(Address, options))]);
        await RealRegistry.AssertFailsAsync("MLO8104", () => FetchAsync(cache));
        await gone.WaitAsync();
        Assert.False(local.Contains(Content));
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "7", 7)]
    [InlineData(500, null, 0.2)]
    [InlineData(502, null, 0.2)]
    [InlineData(408, null, 0.2)]
    public async Task What_passes_is_waited_for_as_long_as_the_registry_asks(int status, string? retryAfter, double pause)
    {
        var asked = 0;
        _server.Answer = context =>
        {
            if (++asked > 2)
            {
                return SendAsync(context, Bytes);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        };
        var local = new ContentStore(Path.Join(_folder.Root, "store"));
        await using var cache = Cache(local, Address);
        Assert.Empty(await FetchAsync(cache));
        Assert.True(local.Contains(Content));
        Assert.Equal([TimeSpan.FromSeconds(pause), TimeSpan.FromSeconds(retryAfter is null ? pause * 2 : pause)], _time.Pauses);
    }

    [Fact]
    public async Task A_registry_that_wants_an_hours_pause_is_not_waited_for()
    {
        _server.Answer = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        };
        await using var cache = Cache(new(Path.Join(_folder.Root, "store")), Address);
        var diagnostic = await RealRegistry.AssertFailsAsync("MLO8107", () => FetchAsync(cache));
        Assert.Contains("3600 s", diagnostic.Why, StringComparison.Ordinal);
        Assert.Single(_server.Asked);
        Assert.Empty(_time.Pauses);
    }

    [Theory]
    [InlineData("garbage", MediaTypes.Manifest, "MLO8211")]
    [InlineData("{}", MediaTypes.Manifest, "MLO8211")]
    [InlineData("null", MediaTypes.Index, "MLO8211")]
    [InlineData("""{"schemaVersion":2,"manifests":[null]}""", MediaTypes.Index, "MLO8211")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[null]}""", MediaTypes.Manifest, "MLO8211")]
    [InlineData("""{"schemaVersion":2,"artifactType":"application/vnd.mlops.record.v1","config":{"mediaType":"x","digest":"md5:1","size":1},"layers":[]}""", MediaTypes.Manifest, "MLO8211")]
    [InlineData("<html>", "text/html", "MLO8211")]
    public async Task A_record_that_is_something_else_is_told(string body, string type, string code)
    {
        _server.Answer = context =>
        {
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        };
        await using var remote = Open(Address);
        var diagnostic = await RealRegistry.AssertFailsAsync(code, () => remote.FetchRecordAsync(Digest.Of("key"), default));
        Assert.Equal(Address, diagnostic.Where);
        Assert.Contains(Digest.Of("key").Hex, diagnostic.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_without_end_is_not_read_to_its_end()
    {
        _server.Answer = async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(Bytes);
            }
        };
        await using var remote = Open(Address);
        await RealRegistry.AssertFailsAsync("MLO8112", () => remote.FetchRecordAsync(Digest.Of("key"), default));
    }

    [Theory]
    [InlineData("oci://host", "MLO8210")]
    [InlineData("oci://host/name:tag", "MLO8210")]
    [InlineData("oci:///name", "MLO8210")]
    [InlineData("oci://host/Name", "MLO8210")]
    [InlineData("oci://me:s3cret@host/name", "MLO8102")]
    public void An_address_that_cannot_be_is_refused(string address, string code)
    {
        var diagnostic = Assert.Throws<DiagnosticException>(() => MlOps.Remotes.Remotes.Open(new(address), _folder.Root)).Diagnostics[0];
        Assert.Equal(code, diagnostic.Code);
        Assert.DoesNotContain("s3cret", diagnostic.ToString(), StringComparison.Ordinal);
    }

    private string Address => $"oci://{_server.Registry}/team/cache";

    private static Task<IReadOnlySet<ContentRef>> FetchAsync(RemoteCache cache) => cache.FetchAsync([new(Content, false)], default);

    private static async Task SendAsync(HttpContext context, byte[] bytes)
    {
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    private OciRemote Open(string address, RegistryOptions? options = null) =>
        new(address, OciAddress.Parse(address), options ?? new() { Credentials = CredentialStore.None, Time = _time, StallTimeout = HastyTime.Day });

    private RemoteCache Cache(ContentStore local, string address) => new(local, [new(Open(address))]);

    private async Task MisbehaveAsync(string does, HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        switch (does)
        {
            case "breaks":
                response.ContentLength = Bytes.Length;
                await response.Body.WriteAsync(Bytes.AsMemory(0, 1000));
                await response.Body.FlushAsync();
                context.Abort();
                break;
            case "speaks something else":
                context.Abort();
                break;
            case "sends more than it says" when request.Method == "HEAD":
                response.ContentLength = 1000;
                break;
            case "tells no length" when request.Method == "HEAD":
                break;
            case "sends more than it says" or "tells no length":
                await response.Body.FlushAsync();
                await response.Body.WriteAsync(Bytes);
                break;
            case "has another length each time":
                await SendAsync(context, Bytes[..(Bytes.Length - 1)]);
                break;
            case "has other bytes":
                await SendAsync(context, [.. Bytes[..^1], (byte)(Bytes[^1] ^ 1)]);
                break;
            case "says it sends another blob":
                response.Headers["Docker-Content-Digest"] = Digest.Of("another").ToString();
                await SendAsync(context, Bytes);
                break;
            case "sends another range":
                response.StatusCode = 206;
                response.Headers.ContentRange = $"bytes 500-{Bytes.Length - 1}/{Bytes.Length}";
                await SendAsync(context, Bytes[500..]);
                break;
            case "redirects without end" or "redirects to plain http":
                response.StatusCode = 307;
                response.Headers.Location = does == "redirects without end" ? "/again" : "http://registry.example.org/";
                break;
            default:
                await RefuseAsync(does, context);
                break;
        }
    }

    private async Task RefuseAsync(string does, HttpContext context)
    {
        var response = context.Response;
        if (context.Request.Path == "/token")
        {
            await response.WriteAsync("<html>");
            return;
        }

        response.StatusCode = does switch { "is busy" => 429, "fails" => 500, "forbids" => 403, "is no registry" => 404, "does not know what it is" => 418, _ => 401 };
        response.Headers.WWWAuthenticate = does switch
        {
            "wants a strange scheme" => "Negotiate",
            "names a strange token service" => "Bearer realm=\"http://registry.example.org/token\"",
            "gives no token" => $"Bearer realm=\"http://{_server.Registry}/token\"",
            "wants credentials" => "Basic realm=\"r\"",
            _ => default(string),
        };
        response.ContentType = "application/json";
        await response.WriteAsync("""{"errors":[{"code":"DENIED","message":"no\u001b[31m way"}]}""");
    }
}
