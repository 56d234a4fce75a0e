using System.Security.Cryptography;
using System.Text;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Containers;

/// <summary>The client against a real registry.</summary>
public sealed class RegistryClientTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RegistryServer _server = null!;
    private RegistryClient _client = null!;
    private MlOps.Containers.Repository _repository = null!;

    public async Task InitializeAsync()
    {
        if (RegistryServer.Missing is null)
        {
            _server = await RegistryServer.StartAsync();
            _client = new(_server.Registry, new() { Credentials = CredentialStore.None, ChunkBytes = 1 << 20 });
            _repository = _client.Repository("team/name");
        }
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            _client.Dispose();
            await _server.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Manifests_come_back_by_tag_and_by_digest_as_they_went()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        await _client.PingAsync(default);
        var manifest = await StoreAsync("hello");
        var bytes = manifest.ToBytes();
        var descriptor = await _repository.PutManifestAsync(MediaTypes.Manifest, bytes, "v1", default);
        Assert.Equal(descriptor, await _repository.HeadManifestAsync("v1", default));
        var byTag = await _repository.GetManifestAsync("v1", default);
        var byDigest = await _repository.GetManifestAsync(Digest.Of(bytes), default);
        Assert.Equal(bytes, byTag!.Bytes.ToArray());
        Assert.Equal(bytes, byDigest!.Bytes.ToArray());
        Assert.Equal(bytes, Manifest.TryParse(byTag.Bytes.Span)!.ToBytes());
        Assert.Contains("+json", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);

        var index = new ImageIndex { Manifests = [descriptor with { Platform = new() { Architecture = "amd64", Os = "linux" } }], Annotations = new Dictionary<string, string> { ["a"] = "b" } }.ToBytes();
        await _repository.PutManifestAsync(MediaTypes.Index, index, "all", default);
        Assert.Equal("amd64", ImageIndex.TryParse((await _repository.GetManifestAsync("all", default))!.Bytes.Span)!.Manifests[0].Platform!.Architecture);
        Assert.Null(await _repository.GetManifestAsync("v2", default));
        Assert.Null(await _client.Repository("never/was").HeadManifestAsync("v1", default));
    }

    [SkippableFact]
    public async Task Tags_are_listed_and_an_absent_repository_has_none()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var bytes = (await StoreAsync("hello")).ToBytes();
        foreach (var tag in new[] { "b", "a", "c" })
        {
            await _repository.PutManifestAsync(MediaTypes.Manifest, bytes, tag, default);
        }

        Assert.Equal(["a", "b", "c"], await _repository.TagsAsync(default).Order().ToListAsync());
        Assert.Empty(await _client.Repository("never/was").TagsAsync(default).ToListAsync());
    }

    [SkippableFact]
    public async Task A_blob_is_mounted_from_another_repository()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var digest = await _repository.PutBlobAsync("shared"u8.ToArray(), default);
        var other = _client.Repository("other");
        Assert.True(await other.MountBlobAsync(digest, "team/name", default));
        Assert.Equal(6, await other.HeadBlobAsync(digest, default));
        Assert.False(await other.MountBlobAsync(Digest.Of("never"), "team/name", default));
        Assert.Empty(Uploads());
    }

    [SkippableFact]
    public async Task A_large_file_goes_in_parts_and_leaves_no_upload_behind()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var bytes = RandomNumberGenerator.GetBytes((5 << 20) + 17);
        var file = Path.Join(_folder.Root, "large");
        await File.WriteAllBytesAsync(file, bytes);
        await _repository.PutBlobAsync(Digest.Of(bytes), file, null, default);
        Assert.Equal(bytes, await _repository.GetBlobAsync(Digest.Of(bytes), bytes.Length, default));
        Assert.Empty(Uploads());
        await AssertFailsAsync("MLO8112", () => _repository.GetBlobAsync(Digest.Of(bytes), bytes.Length - 1, default));
    }

    [SkippableTheory]
    [InlineData(100)]
    [InlineData(3 << 20)]
    public async Task A_file_that_is_not_what_its_digest_says_is_refused(int length)
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var file = Path.Join(_folder.Root, "wrong");
        await File.WriteAllBytesAsync(file, new byte[length]);
        var diagnostic = await AssertFailsAsync("MLO8115", () => _repository.PutBlobAsync(Digest.Of("right"), file, null, default));
        Assert.Contains(Digest.Of("right").Hex, diagnostic.What, StringComparison.Ordinal);
        Assert.Null(await _repository.HeadBlobAsync(Digest.Of("right"), default));
    }

    [SkippableFact]
    public async Task A_blob_that_rotted_in_the_registrys_storage_is_not_handed_out()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var digest = await _repository.PutBlobAsync("sound"u8.ToArray(), default);
        await File.WriteAllTextAsync(Path.Join(_server.Storage, "docker/registry/v2/blobs/sha256", digest.Hex[..2], digest.Hex, "data"), "rotte");
        await AssertFailsAsync("MLO8112", () => _repository.GetBlobAsync(digest, 100, default));
    }

    [SkippableFact]
    public async Task A_manifest_that_names_what_is_not_there_or_is_too_long_is_refused()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var manifest = await StoreAsync("hello");
        var lacking = manifest with { Layers = [Descriptor.Of(MediaTypes.Bytes, "never"u8)] };
        var diagnostic = await AssertFailsAsync("MLO8109", () => _repository.PutManifestAsync(MediaTypes.Manifest, lacking.ToBytes(), "v1", default));
        Assert.Contains("MANIFEST_BLOB_UNKNOWN", diagnostic.Why, StringComparison.Ordinal);
        await AssertFailsAsync("MLO8116", () => _repository.PutManifestAsync(MediaTypes.Manifest, new byte[Manifest.MaximumBytes + 1], "v1", default));
        Assert.Null(await _repository.HeadManifestAsync("v1", default));
    }

    internal static async Task<Diagnostic> AssertFailsAsync(string code, Func<Task> operation)
    {
        var diagnostic = Assert.Single((await Assert.ThrowsAsync<DiagnosticException>(operation)).Diagnostics);
        Assert.True(code == diagnostic.Code, diagnostic.ToString());
        return diagnostic;
    }

    private async Task<Manifest> StoreAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await _repository.PutBlobAsync(bytes, default);
        await _repository.PutBlobAsync(Descriptor.Empty.Data, default);
        return new() { ArtifactType = "application/vnd.example.test.v1+json", Config = Descriptor.Empty, Layers = [Descriptor.Of(MediaTypes.Bytes, bytes)] };
    }

    private IEnumerable<string> Uploads() =>
        Directory.EnumerateFiles(_server.Storage, "startedat", SearchOption.AllDirectories);
}
