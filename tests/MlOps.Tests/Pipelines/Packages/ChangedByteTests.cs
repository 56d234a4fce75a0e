using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines;
using MlOps.Pipelines.Packages;
using MlOps.Tests.Containers;
using static MlOps.Tests.Containers.Programs;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>Verify sees every changed byte, wherever it stands.</summary>
public sealed class ChangedByteTests : IDisposable
{
    private const int Flips = 500;

    private readonly DeclaredWorkspace _workspace = DeclaredWorkspace.Of("\"data\": {}");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_package_in_the_store()
    {
        using var package = new AttestedPackage();
        var store = new ContentStore(Path.Join(_workspace.Root, ".mlops/store"));
        foreach (var bytes in package.Blobs.Values)
        {
            store.Put(bytes);
        }

        new PackageShelf(_workspace.Root, store).Put([Descriptor.Of(MediaTypes.Manifest, package.Package.Manifest.Span) with { Annotations = new Dictionary<string, string> { [PackageShelf.Name] = "bike", [PackageShelf.Version] = "1.0.0" } }]);
        Assert.Equal(ExitCode.Done, (await CheckAsync("bike@1.0.0")).Exit);
        var all = package.Blobs.OrderBy(blob => blob.Key.Hex, StringComparer.Ordinal).ToList();
        var random = new Random(1);
        for (var flip = 0; flip < Flips; flip++)
        {
            var at = random.Next(all.Sum(blob => blob.Value.Length));
            var (digest, bytes) = all.First(blob => (at -= blob.Value.Length) < 0);
            var file = store.PathOf(digest);
            File.Delete(file);
            await File.WriteAllBytesAsync(file, Changed(bytes, at + bytes.Length, random));

            var outcome = await CheckAsync("bike@1.0.0");
            Assert.True(outcome.Exit == ExitCode.Refused, $"byte {at + bytes.Length} of {digest}: {outcome.Text}");
            Assert.Matches("missing or damaged|is damaged|is missing", outcome.Text);
            store.Put(bytes);
        }
    }

    [Fact]
    public async Task An_image_archive_with_an_attestation()
    {
        var file = Path.Join(_workspace.Root, "image.tar");
        await File.WriteAllBytesAsync(file, Archive(withAttached: true));
        var passed = await CheckAsync(file);
        Assert.True(passed.Exit == ExitCode.Done, passed.Text);
        var bytes = await File.ReadAllBytesAsync(file);
        var random = new Random(2);
        for (var flip = 0; flip < Flips; flip++)
        {
            var at = random.Next(bytes.Length);
            await File.WriteAllBytesAsync(file, Changed(bytes, at, random));
            var outcome = await CheckAsync(file);
            Assert.True(outcome.Exit == ExitCode.Refused, $"byte {at} of {bytes.Length} ({bytes[at]:x2}): {outcome.Text}");
            Assert.Contains("checks failed", outcome.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("another configuration", "its configuration is not")]
    [InlineData("other layers", "its layers are others")]
    [InlineData("another name", "it calls the image")]
    [InlineData("two images", "does not name one image")]
    [InlineData("a foreign member", "nobody knows its member")]
    public async Task What_docker_would_load_in_place_of_what_is_verified(string wrong, string named)
    {
        var file = Path.Join(_workspace.Root, "image.tar");
        var artifacts = new Artifacts();
        var manifest = artifacts.Image([Hello]);
        await using (var plain = File.Create(file))
        {
            ImageArchive.Write(plain, "city/bike:1.0.0", manifest, artifacts.Open);
        }

        var (config, layer) = ($"blobs/sha256/{manifest.Config.Digest.Hex}", $"blobs/sha256/{manifest.Layers[0].Digest.Hex}");
        var docker = $$"""{"Config":"{{config}}","RepoTags":["city/bike:1.0.0"],"Layers":["{{layer}}"]}""";
        docker = wrong switch
        {
            "another configuration" => docker.Replace(config, layer, StringComparison.Ordinal),
            "other layers" => docker.Replace($"\"{layer}\"", $"\"{layer}\",\"{layer}\"", StringComparison.Ordinal),
            "another name" => docker.Replace("1.0.0", "1.0.1", StringComparison.Ordinal),
            "two images" => $"{docker},{docker}",
            _ => docker.Replace("Layers", "layers", StringComparison.Ordinal),
        };
        var tar = new TarBytes().File("manifest.json", $"[{docker}]");
        await using (var reader = new System.Formats.Tar.TarReader(File.OpenRead(file)))
        {
            while (await reader.GetNextEntryAsync() is { } entry)
            {
                var content = new MemoryStream();
                await entry.DataStream!.CopyToAsync(content);
                _ = entry.Name == "manifest.json" ? tar : tar.File(entry.Name, content.ToArray());
            }
        }

        await File.WriteAllBytesAsync(file, tar.End());
        var outcome = await CheckAsync(file);
        Assert.Equal(ExitCode.Refused, outcome.Exit);
        Assert.Contains(named, outcome.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, ExitCode.Done)]
    [InlineData(0, ExitCode.Refused)]
    public async Task The_digits_of_a_tag_are_those_of_the_image(int ownDigits, ExitCode exit)
    {
        var file = Path.Join(_workspace.Root, "image.tar");
        var artifacts = new Artifacts();
        var manifest = artifacts.Image([Hello]);
        var digits = Digest.Of(manifest.ToBytes()).Hex[..ownDigits].PadRight(12, 'a');
        await using (var plain = File.Create(file))
        {
            ImageArchive.Write(plain, $"city/bike:1.0.0-{digits}", manifest, artifacts.Open);
        }

        var outcome = await CheckAsync(file);

        Assert.Equal(exit, outcome.Exit);
        Assert.Equal(exit == ExitCode.Refused, outcome.Text.Contains($"its tag says {digits}", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Archives_of_other_programs_still_pass()
    {
        Skip.IfNot(Exist("skopeo", "tar"), "skopeo and tar are not installed");
        var (file, copy, folder) = (Path.Join(_workspace.Root, "image.tar"), Path.Join(_workspace.Root, "copy.tar"), Path.Join(_workspace.Root, "layout"));
        await File.WriteAllBytesAsync(file, Archive(withAttached: false));
        await RunAsync("skopeo", "copy", "--preserve-digests", $"oci-archive:{file}:city/bike:1.0.0", $"oci-archive:{copy}:city/bike:1.0.0");
        var copied = await CheckAsync(copy);
        Assert.True(copied.Exit == ExitCode.Done, copied.Text);

        Directory.CreateDirectory(folder);
        await RunAsync("tar", "--extract", "--file", file, "--directory", folder);
        foreach (var format in new[] { "gnu", "ustar", "pax" })
        {
            await RunAsync("tar", "--create", $"--format={format}", "--file", copy, "--directory", folder, ".");
            var packed = await CheckAsync(copy);
            Assert.True(packed.Exit == ExitCode.Done, packed.Text);
        }
    }

    private static LayerEntry Hello => new LayerEntry.File("app/hello", () => new MemoryStream("hello"u8.ToArray()));

    private static byte[] Archive(bool withAttached)
    {
        var (tar, artifacts) = (new MemoryStream(), new Artifacts());
        var manifest = artifacts.Image([Hello], [new LayerEntry.File("srv/model", () => new MemoryStream(new byte[300]))]);
        ImageArchive.Write(tar, "city/bike:1.0.0", manifest, artifacts.Open, withAttached ? [artifacts.About(manifest, "provenance")] : []);
        return tar.ToArray();
    }

    private static byte[] Changed(byte[] bytes, int at, Random random)
    {
        var changed = bytes.ToArray();
        changed[at] ^= (byte)random.Next(1, 256);
        return changed;
    }

    private Task<Outcome> CheckAsync(string word) => Workspace.Open(new() { Root = _workspace.Root }, new Silent()).CheckAsync(word, environment: null, default);

    private sealed class Silent : IReporter
    {
        public void Warn(Diagnostic diagnostic)
        {
        }

        public void Note(string line)
        {
        }

        public void Finished(string line)
        {
        }

        public void Live(string line)
        {
        }
    }
}
