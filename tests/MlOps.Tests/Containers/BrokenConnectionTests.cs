using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Containers;

/// <summary>Large blobs over connections that break in the middle.</summary>
public sealed class BrokenConnectionTests : IDisposable
{
    private const int Length = (8 << 20) + 5, Part = 2 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Length);
    private readonly string _file;

    public BrokenConnectionTests() => File.WriteAllBytes(_file = Path.Join(_folder.Root, "large"), _bytes);

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(Part)]
    [InlineData(Length)]
    public async Task A_real_registry_gets_it_whole_all_the_same(int part)
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        await using var proxy = new BreakingProxy(server.Registry, 5 << 20, 12 << 20);
        using var client = new RegistryClient(proxy.Registry, Options(part));
        await client.Repository("a").PutBlobAsync(Digest.Of(_bytes), _file, null, default);
        Assert.Equal(0, proxy.Left);
        Assert.Equal(_bytes, await client.Repository("a").GetBlobAsync(Digest.Of(_bytes), Length, default));
    }

    [SkippableFact]
    public async Task A_fetch_goes_on_after_each_break_and_fetches_nothing_twice()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        using (var direct = new RegistryClient(server.Registry, Options(Length)))
        {
            await direct.Repository("a").PutBlobAsync(_bytes, default);
        }

        await using var proxy = new BreakingProxy(server.Registry, 1 << 20, 2 << 20, 3 << 20, 4 << 20, 5 << 20, 6 << 20, 7 << 20);
        using var client = new RegistryClient(proxy.Registry, Options(Length));
        var fetched = Path.Join(_folder.Root, "fetched");
        Assert.True(await client.Repository("a").FetchBlobAsync(Digest.Of(_bytes), fetched, null, default));
        Assert.Equal(0, proxy.Left);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(fetched));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 64 * 1024 * 1024)]
    public async Task A_registry_that_can_say_how_far_it_came_gets_no_part_again(bool forgets, long leastPart)
    {
        var registry = new Uploads { BreakAt = Part + 300_000, Forgets = forgets, LeastPart = leastPart };
        await using var server = await HttpServer.StartAsync(registry.AnswerAsync);
        using var client = new RegistryClient(server.Registry, Options(Part));
        await client.Repository("a").PutBlobAsync(Digest.Of(_bytes), _file, null, default);
        Assert.Equal(_bytes, registry.Stored);
        // What was under way when the connection broke may be lost, what the registry took is not sent again.
        Assert.Equal(forgets ? 0 : registry.Kept, registry.ResumedAt);
        Assert.Equal(1, server.Count("GET", "/v2/a/blobs/uploads/1"));
        Assert.Equal(forgets ? 2 : 1, server.Count("POST", "/v2/a/blobs/uploads/"));
    }

    [Fact]
    public async Task A_registry_that_takes_no_parts_gets_it_in_one()
    {
        var registry = new Uploads { TakesNoParts = true };
        await using var server = await HttpServer.StartAsync(registry.AnswerAsync);
        using var client = new RegistryClient(server.Registry, Options(Part));
        await client.Repository("a").PutBlobAsync(Digest.Of(_bytes), _file, null, default);
        Assert.Equal(_bytes, registry.Stored);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_no_failure_of_the_registry()
    {
        var registry = new Uploads();
        await using var server = await HttpServer.StartAsync(registry.AnswerAsync);
        using var client = new RegistryClient(server.Registry, Options(Length));
        var cut = new Cut(() =>
        {
            using var file = File.Open(_file, new FileStreamOptions { Access = FileAccess.Write, Share = FileShare.ReadWrite });
            file.SetLength(2 << 20);
        });
        await Assert.ThrowsAsync<IOException>(() => client.Repository("a").PutBlobAsync(Digest.Of(_bytes), _file, cut, default));
        Assert.Null(registry.Stored);
    }

    private static RegistryOptions Options(long part) => new() { Credentials = CredentialStore.None, ChunkBytes = part };

    private sealed class Cut(Action cut) : IProgress<long>
    {
        public void Report(long value) => cut();
    }

    /// <summary>Uploads as the specification has them.</summary>
    private sealed class Uploads
    {
        private readonly List<byte> _received = [];
        private int _sessions;
        private bool _broken;

        public long BreakAt { get; init; } = long.MaxValue;

        public bool Forgets { get; init; }

        public bool TakesNoParts { get; init; }

        public long LeastPart { get; init; }

        public byte[]? Stored { get; private set; }

        public long Kept { get; private set; }

        public long? ResumedAt { get; private set; }

        public async Task AnswerAsync(HttpContext context)
        {
            var (request, response) = (context.Request, context.Response);
            response.Headers.Location = $"/v2/a/blobs/uploads/{_sessions}?state={_received.Count}";
            switch (request.Method)
            {
                case "POST":
                    _received.Clear();
                    response.Headers.Location = $"/v2/a/blobs/uploads/{++_sessions}";
                    response.Headers["OCI-Chunk-Min-Length"] = LeastPart.ToString(CultureInfo.InvariantCulture);
                    response.StatusCode = 202;
                    break;
                case "PATCH" when TakesNoParts:
                    response.StatusCode = 405;
                    break;
                case "PATCH":
                    await ReceiveAsync(context, request.Headers.ContentRange.ToString());
                    break;
                case "GET":
                    response.StatusCode = Forgets ? 404 : 204;
                    response.Headers["Range"] = $"0-{_received.Count - 1}";
                    break;
                case "PUT":
                    await TakeAsync(request.Body);
                    Stored = [.. _received];
                    response.StatusCode = request.Query["digest"] == Digest.Of(Stored).ToString() ? 201 : 400;
                    break;
                default:
                    response.StatusCode = Stored is null ? 404 : 200;
                    break;
            }
        }

        private async Task ReceiveAsync(HttpContext context, string range)
        {
            if (long.Parse(range.Split('-')[0], CultureInfo.InvariantCulture) != _received.Count)
            {
                context.Response.StatusCode = 416;
                return;
            }

            ResumedAt = _broken ? ResumedAt ?? _received.Count : null;
            if (await TakeAsync(context.Request.Body, _broken ? long.MaxValue : BreakAt))
            {
                (_broken, Kept) = (true, _received.Count);
                context.Abort();
                return;
            }

            context.Response.StatusCode = 202;
            context.Response.Headers.Location = $"/v2/a/blobs/uploads/{_sessions}?state={_received.Count}";
            context.Response.Headers["Range"] = $"0-{_received.Count - 1}";
        }

        /// <summary>Takes what comes; true if it stopped after so many bytes.</summary>
        private async Task<bool> TakeAsync(Stream body, long stop = long.MaxValue)
        {
            var block = new byte[10_000];
            for (int read; (read = await body.ReadAsync(block)) > 0;)
            {
                _received.AddRange(block.AsSpan(0, read));
                if (_received.Count >= stop)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
