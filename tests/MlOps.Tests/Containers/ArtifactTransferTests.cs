using System.Security.Cryptography;
using MlOps.Containers;
using MlOps.Content;
using static MlOps.Tests.Containers.Programs;

namespace MlOps.Tests.Containers;

/// <summary>Whole artifacts to a real registry and back.</summary>
public sealed class ArtifactTransferTests : RealRegistry
{
    private static readonly RegistryOptions Options = new() { Credentials = CredentialStore.None };

    private readonly Artifacts _artifacts = new();
    private readonly ContentStore _store;

    public ArtifactTransferTests()
        : base(Options) => _store = new(Path.Join(Folder, "store"));

    [SkippableFact]
    public async Task What_was_pushed_is_pulled_with_what_is_attached()
    {
        var package = _artifacts.Of([RandomNumberGenerator.GetBytes(3 << 20), "small"u8.ToArray(), []]);
        var provenance = _artifacts.About(package, "provenance");
        var signature = _artifacts.About(provenance, "signature");
        var pushed = await PushAsync("a", package, ["1.0.0", "latest"], provenance, signature);
        Assert.Equal(Digest.Of(package.ToBytes()), pushed.Manifest.Digest);
        Assert.All(pushed.Blobs, blob => Assert.Equal(BlobOutcome.Uploaded, blob.Outcome));
        Assert.Equal(2, pushed.Attached.Count);

        var transfer = new ArtifactTransfer(Client.Repository("a"));
        var pulled = await transfer.PullAsync("latest", Artifacts.Package, _store, default);
        Assert.Equal(package.ToBytes(), pulled.Stored.Bytes.ToArray());
        Assert.Equal(package.ToBytes(), _store.TryRead(pushed.Manifest.Digest));
        Assert.All(package.Layers, layer => Assert.Equal(_artifacts.Blobs[layer.Digest], _store.TryRead(layer.Digest)));
        var attached = Assert.Single(await transfer.PullAttachedAsync(pushed.Manifest.Digest, Artifacts.Attestation, ArtifactKind.Any, _store, default));
        Assert.Equal(provenance.ToBytes(), attached.Stored.Bytes.ToArray());
        var signed = Assert.Single(await transfer.PullAttachedAsync(attached.Stored.Descriptor.Digest, null, ArtifactKind.Any, _store, default));
        Assert.Equal("signature"u8.ToArray(), _store.TryRead(signed.Manifest.Layers[0].Digest));

        Assert.All((await transfer.PullAsync(pushed.Manifest.Digest, Artifacts.Package, _store, default)).Blobs, blob => Assert.Equal(BlobOutcome.Existed, blob.Outcome));
        Assert.Equal("lock", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(Path.GetDirectoryName(_store.PartialOf(default))!))));
    }

    [SkippableFact]
    public async Task Only_what_changed_goes_over_the_wire()
    {
        var folder = Directory.CreateDirectory(Path.Join(Folder, "layers")).FullName;
        var layers = new[] { 30 << 20, 20 << 20, 9 << 20, 1 << 20 }.Select(RandomNumberGenerator.GetBytes).ToList();
        var first = _artifacts.Of(layers);
        await PushAsync("a", first, ["1"], _artifacts.About(first, "first"));

        var changed = RandomNumberGenerator.GetBytes(1 << 20);
        var next = _artifacts.Of([.. layers.SkipLast(1), changed]);
        var attached = new[] { "provenance", "gate", "bill of materials", "signature" }.Select(text => _artifacts.About(next, text)).ToList();
        var manifests = attached.Append(next).Sum(manifest => manifest.ToBytes().Length);
        await using var proxy = new BreakingProxy(Server.Registry);
        using var client = new RegistryClient(proxy.Registry, Options);
        var report = await new ArtifactTransfer(client.Repository("a")).PushAsync(StoredManifest.Of(next), [.. attached.Select(StoredManifest.Of)], ["2"], OpenFile, default);
        var uploaded = report.Blobs.Where(blob => blob.Outcome == BlobOutcome.Uploaded).Select(blob => blob.Blob).ToList();
        Assert.Equal([Digest.Of(changed), .. attached.Select(each => each.Layers[0].Digest)], uploaded.Select(blob => blob.Digest));
        // The list of what is attached goes as well: 250 bytes for each.
        var content = uploaded.Sum(blob => blob.Size) + manifests + (attached.Count * 250);
        Assert.InRange(proxy.Sent, content, content + (16 << 10));
        Assert.InRange(proxy.Passed, content, content + (24 << 10));

        Stream OpenFile(Digest digest)
        {
            var file = Path.Join(folder, digest.Hex);
            File.WriteAllBytes(file, _artifacts.Blobs[digest]);
            return File.OpenRead(file);
        }
    }

    [SkippableFact]
    public async Task Blobs_of_a_sibling_are_mounted()
    {
        await PushAsync("base", _artifacts.Of("shared", "old"), []);
        var report = await new ArtifactTransfer(Client.Repository("a"), new() { MountFrom = ["other", "base"] }).PushAsync(StoredManifest.Of(_artifacts.Of("shared", "new")), [], ["1"], _artifacts.Open, default);
        Assert.Equal([BlobOutcome.Mounted, BlobOutcome.Mounted, BlobOutcome.Uploaded], report.Blobs.Select(blob => blob.Outcome));
        Assert.Equal(3, report.Blobs.Sum(blob => blob.Moved));
    }

    [SkippableFact]
    public async Task A_tag_that_stands_for_something_else_stays_and_nothing_is_sent()
    {
        var (first, second) = (_artifacts.Of("first"), _artifacts.Of("second"));
        await PushAsync("a", first, ["1"]);
        await PushAsync("a", first, ["1"]);
        var diagnostic = await AssertFailsAsync("MLO8120", () => PushAsync("a", second, ["2", "1"]));
        Assert.Contains(Digest.Of(first.ToBytes()).ToString(), diagnostic.Why, StringComparison.Ordinal);
        Assert.Contains(Digest.Of(second.ToBytes()).ToString(), diagnostic.Why, StringComparison.Ordinal);
        Assert.Null(await Client.Repository("a").HeadBlobAsync(second.Layers[0].Digest, default));
        Assert.Null(await Client.Repository("a").HeadManifestAsync("2", default));

        await new ArtifactTransfer(Client.Repository("a"), new() { MayMoveTags = true }).PushAsync(StoredManifest.Of(second), [], ["1"], _artifacts.Open, default);
        Assert.Equal(Digest.Of(second.ToBytes()), (await Client.Repository("a").HeadManifestAsync("1", default))!.Digest);
    }

    [SkippableFact]
    public async Task A_tag_that_somebody_takes_meanwhile_is_not_taken_from_him()
    {
        var (mine, theirs) = (_artifacts.Of("mine"), _artifacts.Of("theirs"));
        await AssertFailsAsync("MLO8120", () => new ArtifactTransfer(Client.Repository("a")).PushAsync(StoredManifest.Of(mine), [], ["1"], digest =>
        {
            // Between the first look and the tag: another push comes through as a whole.
            if (digest == mine.Layers[0].Digest)
            {
#pragma warning disable VSTHRD002 // No context to wait for; the delegate has to have it done when it returns.
                PushAsync("a", theirs, ["1"]).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            }

            return _artifacts.Open(digest);
        }, default));
        Assert.Equal(Digest.Of(theirs.ToBytes()), (await Client.Repository("a").HeadManifestAsync("1", default))!.Digest);
    }

    [SkippableTheory]
    [InlineData("longer")]
    [InlineData("short")]
    [InlineData("wrong!")]
    public async Task A_blob_that_is_not_what_it_should_be_is_not_sent(string given)
    {
        var package = _artifacts.Of("right!");
        _artifacts.Blobs[package.Layers[0].Digest] = System.Text.Encoding.UTF8.GetBytes(given == "longer" ? "right! and more" : given);
        await AssertFailsAsync("MLO8125", () => PushAsync("a", package, ["1"]));
        Assert.Null(await Client.Repository("a").HeadManifestAsync("1", default));
    }

    [SkippableFact]
    public async Task A_pull_goes_on_where_an_earlier_one_broke_even_if_that_went_wrong()
    {
        var bytes = RandomNumberGenerator.GetBytes(4 << 20);
        var package = _artifacts.Of([bytes, "b"u8.ToArray()]);
        await PushAsync("a", package, ["1"]);
        await File.WriteAllBytesAsync(_store.PartialOf(Digest.Of(bytes)), bytes[..(3 << 20)]);
        await File.WriteAllBytesAsync(_store.PartialOf(Digest.Of("b")), "wrong, and too long"u8.ToArray());
        await using var proxy = new BreakingProxy(Server.Registry);
        using var client = new RegistryClient(proxy.Registry, Options);
        await new ArtifactTransfer(client.Repository("a")).PullAsync("1", Artifacts.Package, _store, default);
        Assert.InRange(proxy.Passed, 1 << 20, (1 << 20) + 64_000);

        var again = new ContentStore(Path.Join(Folder, "again"));
        await File.WriteAllBytesAsync(again.PartialOf(Digest.Of(bytes)), new byte[3 << 20]);
        await new ArtifactTransfer(Client.Repository("a")).PullAsync("1", Artifacts.Package, again, default);
        Assert.Equal(bytes, again.TryRead(Digest.Of(bytes)));
    }

    [SkippableFact]
    public async Task What_is_too_large_or_no_package_is_not_fetched()
    {
        await PushAsync("a", _artifacts.Of("model", "card"), ["1"]);
        await PushAsync("a", _artifacts.Image([new LayerEntry.Folder("app")]), ["image"]);
        ArtifactTransfer Bounded(long one, long all) => new(Client.Repository("a"), new() { MostBlobBytes = one, MostBytes = all });
        await AssertFailsAsync("MLO8122", () => Bounded(4, 1000).PullAsync("1", Artifacts.Package, _store, default));
        await AssertFailsAsync("MLO8122", () => Bounded(1000, 20).PullAsync("1", Artifacts.Package, _store, default));
        Assert.Contains("artifactType", (await AssertFailsAsync("MLO8121", () => Bounded(1000, 1000).PullAsync("image", Artifacts.Package, _store, default))).Why, StringComparison.Ordinal);
        Assert.Contains(Artifacts.PackageType, (await AssertFailsAsync("MLO8121", () => Bounded(1000, 1000).PullAsync("1", ArtifactKind.Image, _store, default))).Why, StringComparison.Ordinal);
        await AssertFailsAsync("MLO8123", () => Bounded(1000, 1000).PullAsync("2", Artifacts.Package, _store, default));
        Assert.False(Directory.Exists(Path.Join(_store.Root, "objects")));
        await Bounded(1000, 1000).PullAsync("image", ArtifactKind.Image, _store, default);
        await Bounded(12, 21).PullAsync("1", Artifacts.Package, _store, default);
    }

    [SkippableFact]
    public async Task Of_an_index_the_right_platform_is_pulled()
    {
        var repository = Client.Repository("a");
        var (arm, amd) = (await _artifacts.StoreAsync(repository, _artifacts.Image([new LayerEntry.Folder("arm")])), await _artifacts.StoreAsync(repository, _artifacts.Image([new LayerEntry.Folder("amd")])));
        var index = new ImageIndex { Manifests = [arm with { Platform = new() { Os = "linux", Architecture = "arm64" } }, amd with { Platform = new() { Os = "linux", Architecture = "amd64" } }] };
        await repository.PutManifestAsync(MediaTypes.Index, index.ToBytes(), "all", default);
        Assert.Equal(amd.Digest, (await new ArtifactTransfer(repository).PullAsync("all", ArtifactKind.Image, _store, default)).Stored.Descriptor.Digest);
        await AssertFailsAsync("MLO8123", () => new ArtifactTransfer(repository, new() { Platform = new() { Os = "plan9", Architecture = "mips" } }).PullAsync("all", ArtifactKind.Image, _store, default));
    }

    [SkippableFact]
    public async Task Skopeo_copies_it_with_the_same_digest_and_back()
    {
        Skip.IfNot(Exist("skopeo"), "skopeo is not installed");
        var (image, package) = (_artifacts.Image([new LayerEntry.File("app/run", () => new MemoryStream("run"u8.ToArray()))]), _artifacts.Of("model"));
        await PushAsync("a", image, ["image"]);
        await PushAsync("a", package, ["package"]);
        foreach (var (tag, manifest) in new[] { ("image", image), ("package", package) })
        {
            var copy = Path.Join(Folder, tag);
            Assert.Equal(manifest.ToBytes(), System.Text.Encoding.UTF8.GetBytes(await RunAsync("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{Server.Registry}/a:{tag}")));
            await RunAsync("skopeo", "copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{Server.Registry}/a:{tag}", $"oci:{copy}:{tag}");
            using var layout = ImageLayout.Open(copy);
            Assert.Equal(manifest.ToBytes(), layout.Find(tag).Bytes.ToArray());
            await RunAsync("skopeo", "copy", "--preserve-digests", "--dest-tls-verify=false", $"oci:{copy}:{tag}", $"docker://{Server.Registry}/b:{tag}");
            var pulled = await new ArtifactTransfer(Client.Repository("b")).PullAsync(tag, ArtifactKind.Any, _store, default);
            Assert.Equal(manifest.ToBytes(), pulled.Stored.Bytes.ToArray());
        }
    }

    private Task<PushReport> PushAsync(string repository, Manifest manifest, IReadOnlyList<string> tags, params Manifest[] attached) =>
        new ArtifactTransfer(Client.Repository(repository)).PushAsync(StoredManifest.Of(manifest), [.. attached.Select(StoredManifest.Of)], tags, _artifacts.Open, default);
}
