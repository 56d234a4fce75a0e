using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;
using static MlOps.Tests.Containers.ImageLayoutTests;

namespace MlOps.Tests.Containers;

/// <summary>Layers as one reads them, also hostile ones.</summary>
public sealed class LayerReaderTests
{
    public static TheoryData<string, string, string> Layers => new()
    {
        { "leaves", "MLO8127", "'..'" }, { "is absolute", "MLO8127", "absolute" }, { "has a device", "MLO8127", "a device" }, { "has a pipe", "MLO8127", "a pipe" }, { "has a name twice", "MLO8127", "twice" },
        { "links hard to outside", "MLO8127", "hard link to '/etc/passwd'" }, { "links hard upwards", "MLO8127", "hard link" }, { "links hard to what comes later", "MLO8127", "hard link" },
        { "links hard to a folder", "MLO8127", "hard link" }, { "writes through a link", "MLO8127", "goes through 'a'" }, { "writes below a file", "MLO8127", "goes through 'a'" }, { "is sparse", "MLO8127", "sparse" },
        { "hides something behind its end", "MLO8127", "behind its end" }, { "is cut", "MLO8127", "cut short" }, { "is no gzip", "MLO8127", "" }, { "is zeros", "MLO8122", "unpack to more than" },
        { "has too many entries", "MLO8127", "entries" }, { "is of an unknown type", "MLO8121", "zstd" },
    };

    [Fact]
    public void What_was_written_is_read()
    {
        var bytes = new MemoryStream();
        var layer = Layer.Write(
            [new LayerEntry.File("app/run", () => new MemoryStream("run"u8.ToArray()), IsExecutable: true), new LayerEntry.Link("bin", "../usr/bin"), new LayerEntry.File(new string('x', 300), () => new MemoryStream())], bytes);
        using var reader = new LayerReader(layer.Descriptor, new MemoryStream(bytes.ToArray()), "test");
        var read = new List<(string, LayerEntryKind, long, string)>();
        while (reader.Next())
        {
            var content = new byte[10];
            Assert.Equal(reader.Current!.Size, reader.Read(content));
            Assert.Equal(reader.Current.Path == "app/run" ? "run\0"u8.ToArray() : new byte[4], content[..4]);
            Assert.Equal(reader.Current.Path == "app/run", reader.Current.Mode.HasFlag(UnixFileMode.OtherExecute) && reader.Current.Kind == LayerEntryKind.File);
            read.Add((reader.Current.Path, reader.Current.Kind, reader.Current.Size, reader.Current.Target));
        }

        Assert.Equal([("app", LayerEntryKind.Folder, 0, ""), ("app/run", LayerEntryKind.File, 3, ""), ("bin", LayerEntryKind.Link, 0, "../usr/bin"), (new string('x', 300), LayerEntryKind.File, 0, "")], read);
        Assert.Equal(layer.DiffId, reader.DiffId);
    }

    [Fact]
    public void A_second_name_of_a_file_before_it_is_taken()
    {
        using var reader = Reader(new TarBytes().File("a", "x").Entry("b", '1', link: "a").Entry("c", '1', link: "b").End());
        Assert.True(reader.Next() && reader.Next() && reader.Next());
        Assert.Equal((LayerEntryKind.HardLink, "b"), (reader.Current!.Kind, reader.Current.Target));
        Assert.False(reader.Next());
    }

    [SkippableTheory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("ustar")]
    public async Task GNU_tar_lists_the_same_names(string format)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "GNU tar is not everywhere");
        using var folder = new TemporaryFolder();
        folder.Write("files/" + string.Join('/', Enumerable.Repeat("a-folder-with-a-name", format == "ustar" ? 7 : 30)) + "/file", "deep");
        folder.Write("files/größe", "ü");
        File.CreateSymbolicLink(Path.Join(folder.Root, "files/link"), "größe");
        var (file, sparse) = (Path.Join(folder.Root, "layer.tar"), Path.Join(folder.Root, "sparse.tar"));
        await Programs.RunAsync("tar", "--create", $"--format={format}", "--file", file, "--directory", Path.Join(folder.Root, "files"), ".");
        var listed = (await Programs.RunAsync("tar", "--list", "--quoting-style=literal", "--file", file)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(listed.Select(name => name[2..].TrimEnd('/')), Names(await File.ReadAllBytesAsync(file)));

        if (format != "ustar")
        {
            using (var holes = File.Create(Path.Join(folder.Root, "files/holes")))
            {
                holes.SetLength(10 << 20);
            }

            await Programs.RunAsync("tar", "--create", "--sparse", $"--format={format}", "--file", sparse, "--directory", Path.Join(folder.Root, "files"), "holes");
            var bytes = await File.ReadAllBytesAsync(sparse);
            Assert.Contains("sparse", AssertFails("MLO8127", () => Names(bytes)).Why, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_that(string does, string code, string reason)
    {
        var tar = new TarBytes();
        var bytes = does switch
        {
            "leaves" => tar.File("a/../../x", "").End(),
            "is absolute" => tar.File("/x", "").End(),
            "has a device" => tar.Entry("x", '4').End(),
            "has a pipe" => tar.Entry("x", '6').End(),
            "has a name twice" => tar.File("a/x", "").File("./a/x", "").End(),
            "links hard to outside" => tar.Entry("x", '1', link: "/etc/passwd").End(),
            "links hard upwards" => tar.File("y", "").Entry("x", '1', link: "../y").End(),
            "links hard to what comes later" => tar.Entry("x", '1', link: "y").File("y", "").End(),
            "links hard to a folder" => tar.Entry("y", '5').Entry("x", '1', link: "y").End(),
            "writes through a link" => tar.Entry("a", '2', link: "/etc").File("a/b/passwd", "").End(),
            "writes below a file" => tar.File("a", "").File("a/b", "").End(),
            "is sparse" => tar.Pax("GNU.sparse.major", "1").File("x", "").End(),
            "hides something behind its end" => [.. tar.File("x", "").End(), 0, 1],
            "is cut" => tar.File("x", new byte[2000]).End()[..1000],
            "is zeros" => tar.File("x", new byte[70 << 20]).End(),
            "has too many entries" => Enumerable.Range(0, 20).Aggregate(tar, (all, i) => all.File($"{i}", "")).End(),
            _ => tar.File("x", "").End(),
        };
        var diagnostic = AssertFails(code, () =>
        {
            using var reader = does switch
            {
                "is no gzip" => new LayerReader(Descriptor.Of(MediaTypes.LayerTarGzip, bytes), new MemoryStream(bytes), "test"),
                "is of an unknown type" => new LayerReader(Descriptor.Of("application/vnd.oci.image.layer.v1.tar+zstd", bytes), new MemoryStream(bytes), "test"),
                _ => Reader(bytes),
            };
            while (reader.Next())
            {
            }
        });
        Assert.Equal("test", diagnostic.Where);
        Assert.Contains(reason, diagnostic.Why, StringComparison.Ordinal);
    }

    private static List<string> Names(byte[] tar)
    {
        using var reader = new LayerReader(Descriptor.Of(MediaTypes.LayerTar, tar), new MemoryStream(tar), "test");
        var names = new List<string>();
        while (reader.Next())
        {
            names.Add(reader.Current!.Path);
        }

        return names;
    }

    private static LayerReader Reader(byte[] tar)
    {
        var packed = Compressed(tar);
        return new(Descriptor.Of(MediaTypes.LayerTarGzip, packed), new MemoryStream(packed), "test", new() { Entries = 15 });
    }
}
