using System.Text;
using MlOps.Containers;
using MlOps.Content;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests.Containers;

namespace MlOps.EndToEnd.Tests;

/// <summary>Files from anywhere, given to Inspect and Verify: each is told what is wrong with it, in bounded memory, and nothing is unpacked.</summary>
public sealed class VerifyFileTests : IClassFixture<VerifyFileTests.Bare>
{
    private readonly Workspace _workspace;

    public VerifyFileTests(Bare bare) => _workspace = bare.Workspace;

    public static TheoryData<string, string> Hostile => new()
    {
        { "empty", "MLO8124" }, { "text", "MLO8124" }, { "a name with ..", "MLO8124" }, { "an absolute name", "MLO8124" }, { "a link out", "MLO8124" }, { "a device", "MLO8124" }, { "a name twice", "MLO8124" },
        { "a size that overflows", "MLO8124" }, { "cut short", "MLO8124" }, { "zeros packed by gzip", "MLO8122" }, { "no index", "MLO8126" }, { "a deep index", "MLO8126" }, { "an index without end", "MLO8122" },
        { "docker's own form", "MLO8160" }, { "docker's own form with links", "MLO8160" }, { "a link in a layout", "MLO8124" },
        { "a missing manifest", "MLO8123" }, { "a foreign media type", "MLO8121" }, { "two images", "MLO8123" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_file_is_told_and_not_followed(string what, string code)
    {
        File.WriteAllBytes(_workspace.At("hostile.tar"), Bytes(what));
        foreach (var target in new[] { "Verify", "Inspect" })
        {
            // The limit is that of .NET's heap: what does not fit ends the process by an exception, and its stack trace.
            var ran = _workspace.Run([target, "hostile.tar"], "DOTNET_GCHeapHardLimit=0x8000000");
            Assert.True(ran.Exit == (target == "Verify" ? 3 : 1), $"{target}: exit {ran.Exit}\n{ran.Output}{ran.Errors}");
            Assert.Contains($"{code} error", ran.Output + ran.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", ran.Output + ran.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(["hostile.tar", "nuke.json"], Directory.GetFiles(_workspace.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(700, "MLO8124")]
    [InlineData(150, "MLO8124")]
    [InlineData(-100, "something stands behind its end")]
    public void A_changed_byte_is_refused_and_named(int at, string named)
    {
        var config = """{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""";
        var manifest = new Manifest { Config = Descriptor.Of(MediaTypes.ImageConfig, Encoding.UTF8.GetBytes(config)), Layers = [] };
        var tar = new MemoryStream();
        ImageArchive.Write(tar, "city/bike:1.0.0", manifest, _ => new MemoryStream(Encoding.UTF8.GetBytes(config)));
        var bytes = tar.ToArray();
        File.WriteAllBytes(_workspace.At("hostile.tar"), bytes);
        Assert.Contains("nothing is wrong", _workspace.Run("Verify hostile.tar").Expect(0).Output, StringComparison.Ordinal);

        bytes[at < 0 ? bytes.Length + at : at] ^= 0x10;
        File.WriteAllBytes(_workspace.At("hostile.tar"), bytes);
        Assert.Contains(named, _workspace.Run("Verify hostile.tar").Expect(3).Output, StringComparison.Ordinal);
        Assert.Contains("\"verified\": false", _workspace.Run("Verify hostile.tar --json").Expect(3).Output, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string what)
    {
        var gone = Descriptor.Of(MediaTypes.Manifest, "gone"u8);
        return what switch
        {
            "empty" => [],
            "text" => Encoding.UTF8.GetBytes(new string('x', 5000)),
            "a name with .." => Tar().File("../../x", "").End(),
            "an absolute name" => Tar().File("/etc/x", "").End(),
            "a link out" => Tar().Entry("blobs", '2', link: "/etc").End(),
            "a device" => Tar().Entry("zero", '3').End(),
            "a name twice" => Tar().File("index.json", "{}").File("index.json", "{}").End(),
            "a size that overflows" => Tar().Entry("x", '0', sizeField: Encoding.ASCII.GetBytes("777777777777")).End(),
            "cut short" => Tar().Entry("x", '0', size: 1 << 20).End(),
            "zeros packed by gzip" => Zeros(),
            "no index" => Tar().End(),
            "a deep index" => Tar().File("index.json", $"{{\"schemaVersion\":2,\"manifests\":{new string('[', 10_000)}").End(),
            "an index without end" => Tar().File("index.json", new string(' ', 5 << 20)).End(),
            "docker's own form" => new TarBytes().File("0a/layer.tar", "").File("manifest.json", "[]").End(),
            "docker's own form with links" => new TarBytes().File("0b.tar", "").Entry("0a/layer.tar", '2', link: "../0b.tar").File("manifest.json", "[]").End(),
            "a link in a layout" => Tar().Entry("0a/layer.tar", '2', link: "../0b.tar").File("manifest.json", "[]").End(),
            "a missing manifest" => Index(gone),
            "a foreign media type" => Index(gone with { MediaType = "text/plain" }),
            _ => Two(),
        };
    }

    private static TarBytes Tar() => new TarBytes().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");

    private static byte[] Index(params Descriptor[] manifests) => Tar().File("index.json", new ImageIndex { Manifests = manifests }.ToBytes()).End();

    private static byte[] Two()
    {
        var tar = Tar();
        byte[][] manifests = [.. new[] { "one", "two" }.Select(name => new Manifest { Config = Descriptor.Empty, Layers = [], Annotations = new Dictionary<string, string> { ["name"] = name } }.ToBytes())];
        foreach (var manifest in manifests)
        {
            tar.File($"blobs/sha256/{Digest.Of(manifest).Hex}", manifest);
        }

        return tar.File("index.json", new ImageIndex { Manifests = [.. manifests.Select(manifest => Descriptor.Of(MediaTypes.Manifest, manifest))] }.ToBytes()).End();
    }

    /// <summary>A gigabyte of zeros in a megabyte.</summary>
    private static byte[] Zeros()
    {
        var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            var block = new byte[1 << 20];
            for (var i = 0; i < 1024; i++)
            {
                gzip.Write(block);
            }
        }

        return packed.ToArray();
    }

    /// <summary>A workspace with nothing in it.</summary>
    public sealed class Bare : IDisposable
    {
        internal Workspace Workspace { get; } = new();

        public Bare() => Workspace.Write("nuke.json", """{ "name": "city", "data": {} }""");

        public void Dispose() => Workspace.Dispose();
    }
}
