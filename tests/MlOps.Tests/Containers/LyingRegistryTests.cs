using System.Globalization;
using Microsoft.AspNetCore.Http;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;
using static MlOps.Tests.Containers.RealRegistry;

namespace MlOps.Tests.Containers;

/// <summary>Registries that lie about manifests, tags and referrers: told with the object, nothing of it in the store, and the next try works.</summary>
public sealed class LyingRegistryTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HastyTime _time = new();
    private readonly Artifacts _artifacts = new();
    private readonly ContentStore _store;
    private readonly Manifest _package, _about;
    private readonly byte[] _bytes;
    private HttpServer _server = null!;

    public LyingRegistryTests()
    {
        _store = new(Path.Join(_folder.Root, "store"));
        _package = _artifacts.Of(new string('x', 3000));
        _bytes = _package.ToBytes();
        _about = _artifacts.About(_package, "statement");
    }

    public static TheoryData<string, string> Pulls => new()
    {
        { "sends another manifest", "MLO8112" }, { "says that it sends another manifest", "MLO8112" }, { "cuts the manifest", "MLO8104" }, { "sends a giant manifest", "MLO8112" },
        { "sends a manifest without end", "MLO8112" }, { "sends a page for people", "MLO8121" }, { "names no media type", "MLO8121" }, { "names an unknown media type", "MLO8121" },
        { "sends a deep manifest", "MLO8121" }, { "sends a manifest without config", "MLO8121" }, { "sends another schema version", "MLO8121" }, { "redirects manifests without end", "MLO8111" },
        { "redirects manifests to plain http", "MLO8111" }, { "is busy with manifests", "MLO8107" }, { "fails at manifests", "MLO8108" }, { "does not know the manifest", "MLO8123" },
        { "does not know the blob", "MLO8123" }, { "sends another blob", "MLO8125" }, { "has another length of the blob", "MLO8112" }, { "sends a blob without end", "MLO8112" },
        { "lists referrers without end", "MLO8128" }, { "lists giant referrers", "MLO8112" }, { "lists a page for people", "MLO8128" }, { "lists a manifest for a list", "MLO8128" },
        { "lists what is about something else", "MLO8128" }, { "lists what it does not have", "MLO8123" }, { "lists blobs", "MLO8128" }, { "lists deep referrers", "MLO8128" },
        { "redirects referrers without end", "MLO8111" }, { "fails at referrers", "MLO8108" },
    };

    public async Task InitializeAsync() => _server = await HttpServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Pulls))]
    public async Task A_pull_from_a_registry_that(string does, string code)
    {
        _server.Answer = context => AnswerAsync(does, context);
        using (var client = Client())
        {
            var transfer = new ArtifactTransfer(client.Repository("a"));
            var diagnostic = await AssertFailsAsync(code, () => PullAsync(transfer));
            Assert.StartsWith(_server.Registry, diagnostic.Where, StringComparison.Ordinal);
            Assert.NotNull(diagnostic.Why);
            Assert.NotNull(diagnostic.Mend);
        }

        // Whoever finds a manifest has all that it names.
        Assert.True(!_store.Contains(Digest.Of(_bytes)) || _store.Check(_package.Layers[0].Digest));
        Assert.False(_store.Contains(Digest.Of(_about.ToBytes())));
        Assert.All(Directory.Exists(Path.Join(_store.Root, "objects")) ? Directory.EnumerateFiles(Path.Join(_store.Root, "objects"), "*", SearchOption.AllDirectories) : [],
            file => Assert.Equal(file, _store.PathOf(Digest.Of(File.ReadAllBytes(file)))));

        _server.Answer = context => AnswerAsync("", context);
        using var honest = Client();
        await PullAsync(new(honest.Repository("a")));
        Assert.Equal("statement"u8.ToArray(), _store.TryRead(_about.Layers[0].Digest));
    }

    [Theory]
    [InlineData("/v2/a/manifests/1")]
    [InlineData("/v2/a/referrers/")]
    public async Task A_registry_that_stands_still_is_left(string where)
    {
        using var gone = new SemaphoreSlim(0);
        _server.Answer = async context =>
        {
            if (!context.Request.Path.Value!.StartsWith(where, StringComparison.Ordinal))
            {
                await AnswerAsync("", context);
                return;
            }

            using var _ = context.RequestAborted.Register(() => gone.Release(2));
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync("{"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await gone.WaitAsync();
        };
        using var client = new RegistryClient(_server.Registry, new() { Credentials = CredentialStore.None, StallTimeout = TimeSpan.FromMilliseconds(200), Attempts = 1 });
        await AssertFailsAsync("MLO8104", () => PullAsync(new(client.Repository("a"))));
        await gone.WaitAsync();
    }

    [Theory]
    [InlineData("manifests/1")]
    [InlineData("referrers/")]
    public async Task What_passes_is_waited_for(string where)
    {
        var asked = 0;
        _server.Answer = context =>
        {
            if (!context.Request.Path.Value!.Contains(where, StringComparison.Ordinal) || ++asked > 2)
            {
                return AnswerAsync("", context);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        };
        using var client = Client();
        await PullAsync(new(client.Repository("a")));
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], _time.Pauses);
    }

    [Theory]
    [InlineData("HEAD", "/blobs/")]
    [InlineData("POST", "/blobs/uploads/")]
    [InlineData("PUT", "/uploads/1")]
    [InlineData("PUT", "/manifests/")]
    public async Task A_push_waits_while_the_registry_has_enough(string method, string where)
    {
        var asked = 0;
        _server.Answer = async context =>
        {
            var (request, response) = (context.Request, context.Response);
            if (request.Method == method && request.Path.Value!.Contains(where, StringComparison.Ordinal) && ++asked <= 2)
            {
                response.StatusCode = 429;
                response.Headers.RetryAfter = "7";
                return;
            }

            await request.Body.CopyToAsync(Stream.Null);
            response.StatusCode = request.Method switch { "POST" => 202, "PUT" => 201, "HEAD" when request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal) && _server.Count("PUT", "/v2/a/manifests/") > 0 => 200, _ => 404 };
            if (request.Method == "POST")
            {
                response.Headers.Location = "/v2/a/blobs/uploads/1";
            }
            else if (response.StatusCode == 200)
            {
                response.ContentType = MediaTypes.Manifest;
                response.ContentLength = _bytes.Length;
                response.Headers["Docker-Content-Digest"] = Digest.Of(_bytes).ToString();
            }
        };
        using var client = Client();
        await new ArtifactTransfer(client.Repository("a")).PushAsync(StoredManifest.Of(_package), [], ["1"], _artifacts.Open, default);
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], _time.Pauses);
    }

    [Fact]
    public async Task Tags_without_end_end()
    {
        var page = 0;
        _server.Answer = context =>
        {
            context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"</v2/a/tags/list?last={++page}>; rel=\"next\"");
            return context.Response.WriteAsync("""{"tags":["x"]}""");
        };
        using var client = Client();
        await AssertFailsAsync("MLO8112", async () => await client.Repository("a").TagsAsync(default).CountAsync());
        Assert.Equal(1000, _server.Asked.Count);
    }

    [Theory]
    [InlineData("says that it stored another", "MLO8112")]
    [InlineData("forgets the tag", "MLO8123")]
    [InlineData("has the tag stand for another", "MLO8120")]
    [InlineData("has a blob of another length", "MLO8125")]
    [InlineData("loses the upload", "MLO8114")]
    [InlineData("loses the list of referrers", "MLO8128")]
    public async Task A_push_to_a_registry_that(string does, string code)
    {
        var isTagged = false;
        _server.Answer = context =>
        {
            var (path, response) = (context.Request.Path.Value!, context.Response);
            switch (context.Request.Method)
            {
                case "HEAD" when path.Contains("/blobs/", StringComparison.Ordinal):
                    response.StatusCode = does == "loses the upload" ? 404 : 200;
                    response.ContentLength = does == "has a blob of another length" ? 1 : _package.Layers.Append(_package.Config).Concat(_about.Layers).Append(_about.Config).First(blob => path.EndsWith(blob.Digest.Hex, StringComparison.Ordinal)).Size;
                    break;
                case "HEAD" when isTagged && does == "has the tag stand for another":
                    response.ContentType = MediaTypes.Manifest;
                    response.ContentLength = 1;
                    response.Headers["Docker-Content-Digest"] = Digest.Of("another").ToString();
                    break;
                case "POST":
                    response.StatusCode = 202;
                    response.Headers.Location = "/v2/a/blobs/uploads/1";
                    break;
                case "PUT" when path.Contains("/manifests/", StringComparison.Ordinal):
                    isTagged = true;
                    response.StatusCode = 201;
                    response.Headers["OCI-Subject"] = does == "loses the list of referrers" ? default : Digest.Of(_bytes).ToString();
                    response.Headers["Docker-Content-Digest"] = does == "says that it stored another" ? Digest.Of("another").ToString() : default;
                    break;
                default:
                    response.StatusCode = 404;
                    break;
            }

            return Task.CompletedTask;
        };
        using var client = Client();
        await AssertFailsAsync(code, () => new ArtifactTransfer(client.Repository("a")).PushAsync(StoredManifest.Of(_package), [StoredManifest.Of(_about)], ["1"], _artifacts.Open, default));
    }

    private static async Task SendAsync(HttpContext context, string type, byte[] bytes)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    private static async Task FloodAsync(HttpContext context, string type)
    {
        context.Response.ContentType = type;
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(new byte[100_000]);
        }
    }

    private static async Task PageAsync(HttpContext context, string type, string text) => await SendAsync(context, type, System.Text.Encoding.UTF8.GetBytes(text));

    private static Task RefuseAsync(HttpContext context, int status, string? location = null)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    private RegistryClient Client() => new(_server.Registry, new() { Credentials = CredentialStore.None, Time = _time, StallTimeout = HastyTime.Day, ConnectTimeout = HastyTime.Day });

    private async Task PullAsync(ArtifactTransfer transfer)
    {
        var pulled = await transfer.PullAsync("1", Artifacts.Package, _store, default);
        await transfer.PullAttachedAsync(pulled.Stored.Descriptor.Digest, Artifacts.Attestation, ArtifactKind.Any, _store, default);
    }

    private Task AnswerAsync(string does, HttpContext context)
    {
        var path = context.Request.Path.Value!;
        return path.StartsWith("/v2/a/referrers/", StringComparison.Ordinal) ? ListAsync(does, context)
            : path.StartsWith("/v2/a/blobs/", StringComparison.Ordinal) ? BlobAsync(does, context, path)
            : path == "/v2/a/manifests/1" ? ManifestAsync(does, context)
            : path == $"/v2/a/manifests/{Digest.Of(_about.ToBytes())}" ? SendAsync(context, MediaTypes.Manifest, _about.ToBytes())
            : path == $"/v2/a/manifests/{Digest.Of(Other().ToBytes())}" ? SendAsync(context, MediaTypes.Manifest, Other().ToBytes())
            : RefuseAsync(context, 404);
    }

    private Manifest Other() => _about with { Subject = Descriptor.Of(MediaTypes.Manifest, "another"u8) };

    private async Task ManifestAsync(string does, HttpContext context)
    {
        var text = System.Text.Encoding.UTF8.GetString(_bytes);
        context.Response.Headers["Docker-Content-Digest"] = does is "sends another manifest" or "says that it sends another manifest" ? Digest.Of("another").ToString() : default;
        await (does switch
        {
            "cuts the manifest" => CutAsync(),
            "sends a giant manifest" => SendAsync(context, MediaTypes.Manifest, new byte[Manifest.MaximumBytes + 1]),
            "sends a manifest without end" => FloodAsync(context, MediaTypes.Manifest),
            "sends a page for people" => PageAsync(context, "text/html", "<html>"),
            "names no media type" => SendAsync(context, null!, _bytes),
            "names an unknown media type" => SendAsync(context, "application/else", _bytes),
            "sends a deep manifest" => PageAsync(context, MediaTypes.Manifest, new string('[', 1_000_000)),
            "sends a manifest without config" => PageAsync(context, MediaTypes.Manifest, """{"schemaVersion":2,"layers":[]}"""),
            "sends another schema version" => PageAsync(context, MediaTypes.Manifest, text.Replace("\"schemaVersion\":2", "\"schemaVersion\":1", StringComparison.Ordinal)),
            "redirects manifests without end" => RefuseAsync(context, 307, "/v2/a/manifests/1"),
            "redirects manifests to plain http" => RefuseAsync(context, 307, "http://registry.example/x"),
            "is busy with manifests" => RefuseAsync(context, 429),
            "fails at manifests" => RefuseAsync(context, 500),
            "does not know the manifest" => RefuseAsync(context, 404),
            _ => SendAsync(context, MediaTypes.Manifest, _bytes),
        });

        async Task CutAsync()
        {
            context.Response.ContentLength = _bytes.Length;
            context.Response.ContentType = MediaTypes.Manifest;
            await context.Response.Body.WriteAsync(_bytes.AsMemory(0, 100));
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    private async Task BlobAsync(string does, HttpContext context, string path)
    {
        var bytes = _artifacts.Blobs.GetValueOrDefault(Digest.Parse(path[^71..])) ?? [];
        await (bytes.Length != 3000 ? SendAsync(context, MediaTypes.Bytes, bytes) : does switch
        {
            "does not know the blob" => RefuseAsync(context, 404),
            "sends another blob" => SendAsync(context, MediaTypes.Bytes, new byte[3000]),
            "has another length of the blob" => SendAsync(context, MediaTypes.Bytes, new byte[3001]),
            "sends a blob without end" => FloodAsync(context, MediaTypes.Bytes),
            _ => SendAsync(context, MediaTypes.Bytes, bytes),
        });
    }

    private async Task ListAsync(string does, HttpContext context)
    {
        var entry = StoredManifest.Of(_about).Descriptor with { ArtifactType = Artifacts.Attestation };
        if (does == "lists referrers without end")
        {
            context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<{context.Request.Path}?page={int.Parse("0" + context.Request.Query["page"], CultureInfo.InvariantCulture) + 1}>; rel=\"next\"");
        }

        Task SendIndexAsync(params Descriptor[] manifests) => SendAsync(context, MediaTypes.Index, new ImageIndex { Manifests = manifests }.ToBytes());
        await (does switch
        {
            "lists giant referrers" => SendAsync(context, MediaTypes.Index, new byte[Manifest.MaximumBytes + 1]),
            "lists a page for people" => PageAsync(context, "text/html", "<html>"),
            "lists a manifest for a list" => SendAsync(context, MediaTypes.Index, _bytes),
            "lists what is about something else" => SendIndexAsync(StoredManifest.Of(Other()).Descriptor with { ArtifactType = Artifacts.Attestation }),
            "lists what it does not have" => SendIndexAsync(entry with { Digest = Digest.Of("absent") }),
            "lists blobs" => SendIndexAsync(entry with { MediaType = MediaTypes.Bytes }),
            "lists deep referrers" => PageAsync(context, MediaTypes.Index, "{\"x\":" + new string('[', 1_000_000)),
            "redirects referrers without end" => RefuseAsync(context, 307, context.Request.Path),
            "fails at referrers" => RefuseAsync(context, 503),
            _ => SendIndexAsync(entry),
        });
    }
}
