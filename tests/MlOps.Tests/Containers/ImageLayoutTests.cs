using System.IO.Compression;
using System.Text;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Containers;

/// <summary>Archives and folders that nobody vouches for.</summary>
public sealed class ImageLayoutTests : IDisposable
{
    private const string Version = """{"imageLayoutVersion":"1.0.0"}""";

    private static readonly byte[] Blob = "hello"u8.ToArray();
    private static readonly Descriptor Layer = Descriptor.Of("application/vnd.example.part.v1.raw", Blob);
    private static readonly Manifest Package = new() { ArtifactType = Artifacts.PackageType, Config = Descriptor.Empty, Layers = [Layer] };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Tars => new()
    {
        { "leaves the folder", "MLO8124", "'..'" }, { "leaves it further in", "MLO8124", "'..'" }, { "is absolute", "MLO8124", "absolute" }, { "has a symbolic link", "MLO8124", "a symbolic link" },
        { "has a hard link", "MLO8124", "a hard link" }, { "has a device", "MLO8124", "a device" }, { "has a pipe", "MLO8124", "a pipe" }, { "has a name twice", "MLO8124", "twice" },
        { "has a blob in a blob", "MLO8126", "oci-layout" }, { "has GNU's sparse file", "MLO8124", "sparse" }, { "has PAX's sparse file", "MLO8124", "sparse" },
        { "has a name in an extended header that leaves", "MLO8124", "'..'" }, { "has a long name that leaves", "MLO8124", "'..'" }, { "has an extended header without end", "MLO8124", "extended header" },
        { "has a damaged extended header", "MLO8124", "extended header" }, { "renames all entries", "MLO8124", "all entries" }, { "has a negative size", "MLO8124", "negative" },
        { "has a size in an extended header that is too large", "MLO8124", "negative or too large" }, { "has a size that overflows", "MLO8124", "negative or too large" },
        { "says more than it has", "MLO8124", "cut short" }, { "has a folder with bytes", "MLO8124", "has bytes" }, { "has a name that is no UTF-8", "MLO8124", "UTF-8" }, { "has no end", "MLO8124", "cut short" },
        { "ends after an extended header", "MLO8124", "extended header" }, { "has a damaged header", "MLO8124", "damaged" }, { "has too many entries", "MLO8124", "entries" },
        { "is no tar", "MLO8124", "no tar" }, { "is empty", "MLO8124", "cut short" }, { "steers the terminal", "MLO8124", "entry '?[31m" },
    };

    public static TheoryData<string, string, string> Layouts => new()
    {
        { "of another version", "MLO8126", "1.0.0" }, { "without a version", "MLO8126", "oci-layout" }, { "without an index", "MLO8126", "index.json" }, { "with an index that is none", "MLO8126", "index.json" },
        { "with a deep index", "MLO8126", "depth" }, { "with a member twice", "MLO8126", "Duplicate" }, { "with a giant index", "MLO8122", "bytes, and at most" }, { "with a null for a manifest", "MLO8126", "descriptor" },
        { "with a negative size", "MLO8126", "descriptor" }, { "with a size that overflows", "MLO8126", "size" }, { "with a digest that is none", "MLO8126", "digest" },
        { "with a manifest of another type", "MLO8121", "application/else" }, { "without the manifest", "MLO8123", "blobs/sha256" }, { "with another size of the manifest", "MLO8125", "bytes" },
        { "with other bytes of the manifest", "MLO8125", "digest" }, { "with another artifact type", "MLO8125", "artifactType" }, { "with a giant manifest", "MLO8122", "bytes" },
        { "without the blob", "MLO8123", "blobs/sha256" }, { "with another size of the blob", "MLO8125", "6 bytes, not 5" }, { "with other bytes of the blob", "MLO8125", "digest" },
        { "with schema version 1", "MLO8121", "schemaVersion" }, { "with a manifest that embeds other bytes", "MLO8121", "embeds" }, { "with a manifest that calls itself an index", "MLO8121", "calls itself" },
        { "with two packages", "MLO8123", "2" }, { "with a list without end", "MLO8122", "1001" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Tars))]
    public void A_tar_that(string does, string code, string reason)
    {
        var tar = new TarBytes().File("index.json", "{}");
        var bytes = does switch
        {
            "leaves the folder" => tar.File("../x", "").End(),
            "leaves it further in" => tar.File("blobs/sha256/../../../x", "").End(),
            "is absolute" => tar.File("/etc/passwd", "").End(),
            "has a symbolic link" => tar.Entry("oci-layout", '2', link: "/etc/passwd").End(),
            "has a hard link" => tar.Entry("oci-layout", '1', link: "index.json").End(),
            "has a device" => tar.Entry("zero", '3').End(),
            "has a pipe" => tar.Entry("oci-layout", '6').End(),
            "has a name twice" => tar.File("./index.json", "{}").End(),
            "has a blob in a blob" => tar.File("blobs", "").File("blobs/sha256/x", "").End(),
            "has GNU's sparse file" => tar.Entry("x", 'S', Blob).End(),
            "has PAX's sparse file" => tar.Pax("GNU.sparse.realsize", "10000000000").File("x", "").End(),
            "has a name in an extended header that leaves" => tar.Pax("path", "a/../../x").File("x", "").End(),
            "has a long name that leaves" => tar.Entry("././@LongLink", 'L', "../x\0"u8.ToArray()).File("x", "").End(),
            "has an extended header without end" => tar.Entry("x", 'x', size: 1L << 32).End(),
            "has a damaged extended header" => tar.Entry("x", 'x', "99 path=x\n"u8.ToArray()).File("x", "").End(),
            "renames all entries" => tar.Pax("path", "oci-layout", 'g').File("x", "").End(),
            "has a negative size" => tar.Entry("x", '0', sizeField: [.. Enumerable.Repeat((byte)0xFF, 12)]).End(),
            "has a size in an extended header that is too large" => tar.Pax("size", "9223372036854775807").File("x", "").End(),
            "has a size that overflows" => tar.Entry("x", '0', sizeField: [0x80, 0, 0, 0, 0x7F, .. Enumerable.Repeat((byte)0xFF, 7)]).End(),
            "says more than it has" => tar.Entry("x", '0', size: 100_000).End(),
            "has a folder with bytes" => tar.Entry("x/", '5', Blob).End(),
            "has a name that is no UTF-8" => tar.Entry("././@LongLink", 'L', [0xC3, 0x28]).File("x", "").End(),
            "has no end" => tar.End()[..1024],
            "ends after an extended header" => tar.Pax("path", "x").End(),
            "has a damaged header" => Flipped(tar.End(), 3),
            "has too many entries" => Enumerable.Range(0, 20).Aggregate(tar, (all, i) => all.Pax("comment", "x")).File("x", "").End(),
            "is no tar" => Encoding.UTF8.GetBytes(new string('1', 2000)),
            "steers the terminal" => tar.File("\u001b[31m/../x", "").End(),
            _ => [],
        };
        var file = Write(bytes);
        var diagnostic = AssertFails(code, () => ImageLayout.Open(file, new() { Entries = 20 }).Dispose());
        Assert.Equal(file, diagnostic.Where);
        Assert.Contains(reason, diagnostic.Why, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_layout(string with, string code, string reason)
    {
        var manifest = with switch
        {
            "with schema version 1" => Package with { SchemaVersion = 1 },
            "with a manifest that embeds other bytes" => Package with { Config = Descriptor.Empty with { Data = "[]"u8.ToArray() } },
            "with a manifest that calls itself an index" => Package with { MediaType = MediaTypes.Index },
            "with a giant manifest" => Package with { Annotations = new Dictionary<string, string> { ["x"] = new('x', Manifest.MaximumBytes) } },
            _ => Package,
        };
        var bytes = manifest.ToBytes();
        var entry = Descriptor.Of(MediaTypes.Manifest, bytes);
        var index = new ImageIndex
        {
            Manifests = with switch
            {
                "with a manifest of another type" => [entry with { MediaType = "application/else" }],
                "with another size of the manifest" => [entry with { Size = entry.Size + 1 }],
                "with another artifact type" => [entry with { ArtifactType = "application/else" }],
                "with two packages" => [entry, Descriptor.Of(MediaTypes.Manifest, (Package with { Annotations = new Dictionary<string, string>() }).ToBytes())],
                "with a null for a manifest" => [null!],
                "with a list without end" => [.. Enumerable.Repeat(entry, 1001)],
                "with a negative size" => [entry with { Size = -1 }],
                _ => [entry],
            },
        };
        var text = Encoding.UTF8.GetString(index.ToBytes());
        var tar = new TarBytes();
        if (with is not "without a version")
        {
            tar.File("oci-layout", with == "of another version" ? """{"imageLayoutVersion":"2.0.0"}""" : Version);
        }

        if (with is not "without an index")
        {
            tar.File("index.json", with switch
            {
                "with an index that is none" => "[]",
                "with a deep index" => "{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}",
                "with a member twice" => text.Replace("\"schemaVersion\":2", "\"schemaVersion\":2,\"schemaVersion\":2", StringComparison.Ordinal),
                "with a giant index" => text + new string(' ', Manifest.MaximumBytes),
                "with a size that overflows" => text.Replace("\"size\":", "\"size\":99999999999999999999", StringComparison.Ordinal),
                "with a digest that is none" => text.Replace("sha256:", "sha512:", StringComparison.Ordinal),
                _ => text,
            });
        }

        if (with is not "without the manifest")
        {
            tar.File(PathOf(entry.Digest), with == "with other bytes of the manifest" ? Flipped(bytes, 40) : bytes);
        }

        if (with == "with two packages")
        {
            var other = (Package with { Annotations = new Dictionary<string, string>() }).ToBytes();
            tar.File(PathOf(Digest.Of(other)), other);
        }

        if (with is not "without the blob")
        {
            tar.File(PathOf(Layer.Digest), with == "with another size of the blob" ? "hello!"u8.ToArray() : with == "with other bytes of the blob" ? Flipped(Blob, 1) : Blob);
        }

        var file = Write(tar.End());
        var diagnostic = AssertFails(code, () =>
        {
            using var layout = ImageLayout.Open(file);
            var found = layout.Find();
            layout.ReadBlob(ArtifactKind.Any.Parse(found, file).Layers[0], 100);
        });
        Assert.Equal(file, diagnostic.Where);
        Assert.Contains(reason, diagnostic.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_gigabytes_of_zeros_in_a_few_bytes_are_not_unpacked()
    {
        var file = Path.Join(_folder.Root, "bomb.tar.gz");
        using (var stream = File.Create(file))
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(new TarBytes().Entry("blobs/sha256/x", '0', size: 10L << 30).End().AsSpan(0, 512));
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 200; i++)
            {
                gzip.Write(zeros);
            }
        }

        Assert.Contains("unpack to more than", AssertFails("MLO8122", () => ImageLayout.Open(file).Dispose()).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void More_entries_than_anybody_needs_are_not_read_to_their_end()
    {
        var tar = Enumerable.Range(0, 200_001).Aggregate(new TarBytes(), (all, i) => all.File(FormattableString.Invariant($"{i}"), ""));
        var file = Write(Compressed(tar.End()[..^1024]));
        Assert.Contains("200000 entries", AssertFails("MLO8124", () => ImageLayout.Open(file, new() { Ratio = 1000 }).Dispose()).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_byte_flipped_or_cut_off_is_found_or_meant_nothing(bool compressed)
    {
        var artifacts = new Artifacts();
        var package = artifacts.Of("model", new string('x', 3000));
        var attached = artifacts.About(package, "provenance");
        var archive = new MemoryStream();
        ImageArchive.Write(archive, "a:1", package, artifacts.Open, [attached]);
        var whole = compressed ? Compressed(archive.ToArray()) : archive.ToArray();
        Assert.Equal("fine", Read(whole));
        var seed = new Random(BitConverter.ToInt32(Digest.Of(whole).Hex.Select(digit => (byte)digit).ToArray()));
        var caught = 0;
        for (var i = 0; i < 500; i++)
        {
            var at = seed.Next(whole.Length);
            var said = Read(i % 2 == 0 ? whole[..at] : Flipped(whole, at));
            Assert.True(said == "fine" || said.StartsWith("MLO812", StringComparison.Ordinal), said);
            caught += said == "fine" ? 0 : 1;
        }

        Assert.InRange(caught, 300, 500);

        string Read(byte[] bytes)
        {
            try
            {
                using var layout = ImageLayout.Open(Write(bytes));
                var found = layout.Find("a:1");
                Assert.Equal(package.ToBytes(), found.Bytes.ToArray());
                foreach (var layer in ArtifactKind.Any.Parse(found, "").Layers)
                {
                    Assert.Equal(artifacts.Blobs[layer.Digest], layout.ReadBlob(layer, 10_000));
                }

                if (layout.AttachedTo(found.Descriptor.Digest) is not [var about])
                {
                    return "MLO812x: the attestation is missing";
                }

                Assert.Equal(attached.ToBytes(), about.Bytes.ToArray());
                Assert.Equal("provenance"u8.ToArray(), layout.ReadBlob(ArtifactKind.Any.Parse(about, "").Layers[0], 100));
                return "fine";
            }
            catch (DiagnosticException refused)
            {
                return refused.Message;
            }
        }
    }

    [SkippableFact]
    public void A_folder_with_a_link_or_a_pipe_for_a_file_is_refused()
    {
        Skip.If(OperatingSystem.IsWindows(), "links take rights there");
        File.CreateSymbolicLink(Path.Join(_folder.Root, "oci-layout"), "/etc/passwd");
        Assert.Contains("oci-layout", AssertFails("MLO8126", () => ImageLayout.Open(_folder.Root).Dispose()).Why, StringComparison.Ordinal);
        AssertFails("MLO8123", () => ImageLayout.Open(Path.Join(_folder.Root, "absent")).Dispose());
        AssertFails("MLO8126", () => ImageLayout.Open("/dev/zero").Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Names_may_be_long_and_headers_extended(bool compressed)
    {
        var tar = new TarBytes().Pax("comment", "from git", 'g').Entry("./", '5').Pax("path", "./oci-layout").File("x", Version).File("./index.json", new ImageIndex { Manifests = [] }.ToBytes())
            .Entry("././@LongLink", 'L', Encoding.UTF8.GetBytes(PathOf(Layer.Digest) + "\0")).File("x", Blob).End();
        using var layout = ImageLayout.Open(Write(compressed ? Compressed(tar) : tar));
        Assert.Empty(layout.Index.Manifests);
        Assert.Equal(Blob, layout.ReadBlob(Layer, 5));
        AssertFails("MLO8122", () => layout.ReadBlob(Layer, 4));
    }

    internal static Diagnostic AssertFails(string code, Action operation)
    {
        var diagnostic = Assert.Single(Assert.Throws<DiagnosticException>(operation).Diagnostics);
        Assert.True(code == diagnostic.Code, diagnostic.ToString());
        return diagnostic;
    }

    internal static byte[] Compressed(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static string PathOf(Digest digest) => $"blobs/sha256/{digest.Hex}";

    private static byte[] Flipped(byte[] bytes, int at)
    {
        bytes = [.. bytes];
        bytes[at] ^= 4;
        return bytes;
    }

    private string Write(byte[] bytes)
    {
        var file = Path.Join(_folder.Root, "layout.tar");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
