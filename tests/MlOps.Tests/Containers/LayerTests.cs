using System.Diagnostics;
using System.IO.Compression;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

/// <summary>Layers as others read them: GNU tar and gzip.</summary>
public sealed class LayerTests : IDisposable
{
    private static readonly string LongPath = string.Join('/', Enumerable.Range(0, 30).Select(i => $"folder-number-{i}")) + "/file";

    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-layer-").FullName;

    [Fact]
    public void A_layer_is_the_same_bytes_in_any_order_of_entries()
    {
        var entries = Entries();
        var (first, second) = (new MemoryStream(), new MemoryStream());
        var layer = Layer.Write(entries, first);
        Assert.Equal(layer, Layer.Write(entries.Reverse(), second));
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal((Digest.Of(first.ToArray()), first.Length), (layer.Descriptor.Digest, layer.Descriptor.Size));
        using var plain = new GZipStream(new MemoryStream(first.ToArray()), CompressionMode.Decompress);
        var tar = new MemoryStream();
        plain.CopyTo(tar);
        Assert.Equal(Digest.Of(tar.ToArray()), layer.DiffId);
    }

    [Fact]
    public void Its_bytes_are_those_of_every_machine()
    {
        // Another compressor, tar writer or header is another digest for every image that anybody has.
        var layer = Layer.Write(Entries(), Stream.Null);
        Assert.Equal(Digest.Parse("sha256:ee45e18f6be8d136a600fb2194df8d5bbe318e65fbbc05dbba53d35172c64432"), layer.Descriptor.Digest);
    }

    [SkippableFact]
    public void Tar_unpacks_what_was_written()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "GNU tar lists entries in its own words");
        var file = Path.Join(_folder, "layer.tar.gz");
        using (var stream = File.Create(file))
        {
            Layer.Write(Entries(), stream);
        }

        Assert.Equal("", Run("gzip", "--test", file));
        var listed = Run("tar", "--list", "--verbose", "--numeric-owner", "--utc", "--full-time", "--gzip", "--file", file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/", listed);
        Assert.Contains("-rwxr-xr-x 0/0               3 1970-01-01 00:00:00 app/run", listed);
        Assert.Contains("-rw-r--r-- 0/0          200000 1970-01-01 00:00:00 app/zeros", listed);
        Assert.Contains("lrwxrwxrwx 0/0               0 1970-01-01 00:00:00 app/link -> ../app/run", listed);
        Assert.Contains("drwxrwxrwt 0/0               0 1970-01-01 00:00:00 tmp/", listed);
        Assert.Contains("-rw-r--r-- 0/0               4 1970-01-01 00:00:00 " + LongPath, listed);
        Run("tar", "--extract", "--gzip", "--file", file, "--directory", _folder);
        Assert.Equal("long", File.ReadAllText(Path.Join(_folder, LongPath)));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../up")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("")]
    [InlineData("app/run")]
    [InlineData("app/run/below")]
    public void No_entry_stands_twice_or_outside(string path) =>
        Assert.Throws<ArgumentException>(() => Layer.Write([.. Entries(), new LayerEntry.Link(path, "x")], Stream.Null));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static LayerEntry[] Entries() =>
    [
        new LayerEntry.File("app/run", () => new MemoryStream("run"u8.ToArray()), IsExecutable: true),
        new LayerEntry.File("app/zeros", () => new MemoryStream(new byte[200_000])),
        new LayerEntry.File("app/größe.txt", () => new MemoryStream("ü"u8.ToArray())),
        new LayerEntry.Link("app/link", "../app/run"),
        new LayerEntry.Folder("tmp", IsShared: true),
        new LayerEntry.File(LongPath, () => new MemoryStream("long"u8.ToArray())),
    ];

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
