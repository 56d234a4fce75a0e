using System.Security.Cryptography;
using System.Text;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

/// <summary>The client against a real registry.</summary>
public sealed class RegistryClientTests() : RealRegistry(new() { ChunkBytes = 1 << 20 })
{
    private MlOps.Containers.Repository Repository => Client.Repository("team/name");

    [SkippableFact]
    public async Task Manifests_come_back_by_tag_and_by_digest_as_they_went()
    {
        await Client.PingAsync(default);
        var manifest = await StoreAsync("hello");
        var bytes = manifest.ToBytes();
        var descriptor = await Repository.PutManifestAsync(MediaTypes.Manifest, bytes, "v1", default);
        Assert.Equal(descriptor, await Repository.HeadManifestAsync("v1", default));
        var byTag = await Repository.GetManifestAsync("v1", default);
        var byDigest = await Repository.GetManifestAsync(Digest.Of(bytes), default);
        Assert.Equal(bytes, byTag!.Bytes.ToArray());
        Assert.Equal(bytes, byDigest!.Bytes.ToArray());
        Assert.Equal(bytes, Manifest.TryParse(byTag.Bytes.Span)!.ToBytes());
        Assert.Contains("+json", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);

        var index = new ImageIndex { Manifests = [descriptor with { Platform = new() { Architecture = "amd64", Os = "linux" } }], Annotations = new Dictionary<string, string> { ["a"] = "b" } }.ToBytes();
        await Repository.PutManifestAsync(MediaTypes.Index, index, "all", default);
        Assert.Equal("amd64", ImageIndex.TryParse((await Repository.GetManifestAsync("all", default))!.Bytes.Span)!.Manifests[0].Platform!.Architecture);
        Assert.Null(await Repository.GetManifestAsync("v2", default));
        Assert.Null(await Client.Repository("never/was").HeadManifestAsync("v1", default));
    }

    [SkippableFact]
    public async Task Tags_are_listed_and_an_absent_repository_has_none()
    {
        var bytes = (await StoreAsync("hello")).ToBytes();
        foreach (var tag in new[] { "b", "a", "c" })
        {
            await Repository.PutManifestAsync(MediaTypes.Manifest, bytes, tag, default);
        }

        Assert.Equal(["a", "b", "c"], await Repository.TagsAsync(default).Order().ToListAsync());
        Assert.Empty(await Client.Repository("never/was").TagsAsync(default).ToListAsync());
    }

    [SkippableFact]
    public async Task A_blob_is_mounted_from_another_repository()
    {
        var digest = await Repository.PutBlobAsync("shared"u8.ToArray(), default);
        var other = Client.Repository("other");
        Assert.True(await other.MountBlobAsync(digest, "team/name", default));
        Assert.Equal(6, await other.HeadBlobAsync(digest, default));
        Assert.False(await other.MountBlobAsync(Digest.Of("never"), "team/name", default));
        Assert.Empty(Uploads());
    }

    [SkippableFact]
    public async Task A_large_file_goes_in_parts_and_leaves_no_upload_behind()
    {
        var bytes = RandomNumberGenerator.GetBytes((5 << 20) + 17);
        var file = Path.Join(Folder, "large");
        await File.WriteAllBytesAsync(file, bytes);
        await Repository.PutBlobAsync(Digest.Of(bytes), file, null, default);
        Assert.Equal(bytes, await Repository.GetBlobAsync(Digest.Of(bytes), bytes.Length, default));
        Assert.Empty(Uploads());
        await AssertFailsAsync("MLO8112", () => Repository.GetBlobAsync(Digest.Of(bytes), bytes.Length - 1, default));
    }

    [SkippableTheory]
    [InlineData(100)]
    [InlineData(3 << 20)]
    public async Task A_file_that_is_not_what_its_digest_says_is_refused(int length)
    {
        var file = Path.Join(Folder, "wrong");
        await File.WriteAllBytesAsync(file, new byte[length]);
        var diagnostic = await AssertFailsAsync("MLO8115", () => Repository.PutBlobAsync(Digest.Of("right"), file, null, default));
        Assert.Contains(Digest.Of("right").Hex, diagnostic.What, StringComparison.Ordinal);
        Assert.Null(await Repository.HeadBlobAsync(Digest.Of("right"), default));
    }

    [SkippableFact]
    public async Task A_blob_that_rotted_in_the_registrys_storage_is_not_handed_out()
    {
        var digest = await Repository.PutBlobAsync("sound"u8.ToArray(), default);
        await File.WriteAllTextAsync(Path.Join(Server.Storage, "docker/registry/v2/blobs/sha256", digest.Hex[..2], digest.Hex, "data"), "rotte");
        await AssertFailsAsync("MLO8112", () => Repository.GetBlobAsync(digest, 100, default));
    }

    [SkippableFact]
    public async Task A_manifest_that_names_what_is_not_there_or_is_too_long_is_refused()
    {
        var manifest = await StoreAsync("hello");
        var lacking = manifest with { Layers = [Descriptor.Of(MediaTypes.Bytes, "never"u8)] };
        var diagnostic = await AssertFailsAsync("MLO8109", () => Repository.PutManifestAsync(MediaTypes.Manifest, lacking.ToBytes(), "v1", default));
        Assert.Contains("MANIFEST_BLOB_UNKNOWN", diagnostic.Why, StringComparison.Ordinal);
        await AssertFailsAsync("MLO8116", () => Repository.PutManifestAsync(MediaTypes.Manifest, new byte[Manifest.MaximumBytes + 1], "v1", default));
        Assert.Null(await Repository.HeadManifestAsync("v1", default));
    }

    private async Task<Manifest> StoreAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await Repository.PutBlobAsync(bytes, default);
        await Repository.PutBlobAsync(Descriptor.Empty.Data, default);
        return new() { ArtifactType = "application/vnd.example.test.v1+json", Config = Descriptor.Empty, Layers = [Descriptor.Of(MediaTypes.Bytes, bytes)] };
    }

    private IEnumerable<string> Uploads() =>
        Directory.EnumerateFiles(Server.Storage, "startedat", SearchOption.AllDirectories);
}
