using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MlOps.Content;
using MlOps.Packaging.Images;

namespace MlOps.Tests.Packaging.Images;

/// <summary>The layer that packages of Debian become.</summary>
public sealed class DebianBaseTests
{
    [Fact]
    public async Task Packages_become_what_a_runtime_needs_with_their_licences_and_names()
    {
        var files = await FilesAsync(Deb.Of(
            Deb.File("./lib/x86_64-linux-gnu/libz.so.1.2", "code"),
            Deb.Link("./lib/x86_64-linux-gnu/libz.so.1", "libz.so.1.2"),
            Deb.File("./usr/share/doc/one/copyright", "licence"),
            Deb.File("./usr/share/doc/one/changelog.gz", "old"),
            Deb.File("./usr/share/man/man1/one.1.gz", "manual"),
            Deb.File("./usr/share/zoneinfo/Europe/Rome", "zone"),
            Deb.Link("./usr/share/zoneinfo/Italy", "./usr/share/zoneinfo/Europe/Rome", TarEntryType.HardLink),
            Deb.File("./usr/share/ca-certificates/mozilla/B.crt", "B\n"),
            Deb.File("./usr/share/ca-certificates/mozilla/A.crt", "A\n")));

        Assert.Equal("code", files["usr/lib/x86_64-linux-gnu/libz.so.1.2"]);
        Assert.Equal("-> libz.so.1.2", files["usr/lib/x86_64-linux-gnu/libz.so.1"]);
        Assert.Equal("-> usr/lib", files["lib"]);
        Assert.Equal("licence", files["usr/share/doc/one/copyright"]);
        Assert.Equal("zone", files["usr/share/zoneinfo/Italy"]);
        Assert.Equal("A\nB\n", files["etc/ssl/certs/ca-certificates.crt"]);
        Assert.Equal("Package: one\nVersion: 1\n", files["var/lib/dpkg/status.d/one"]);
        Assert.Contains("app:x:10001:10001:", files["etc/passwd"], StringComparison.Ordinal);
        Assert.DoesNotContain(files.Keys, path => path.Contains("changelog", StringComparison.Ordinal) || path.Contains("/man/", StringComparison.Ordinal) || path.EndsWith(".crt/", StringComparison.Ordinal));
    }

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "up", Deb.Of(Deb.File("./usr/../../etc/shadow", "x")), "outside" },
        { "absolute", Deb.Of(Deb.File("//etc/shadow", "x")), "outside" },
        { "link out", Deb.Of(Deb.Link("./usr/lib/out", "../../../etc")), "leads outside" },
        { "through a link", Deb.Of(Deb.Link("./usr/lib/link", "/etc"), Deb.File("./usr/lib/link/passwd", "x")), "behind a link" },
        { "twice", Deb.Of(Deb.File("./usr/lib/a", "1"), Deb.File("./lib/a", "2")), "is there already" },
        { "device", Deb.Of(new GnuTarEntry(TarEntryType.CharacterDevice, "./dev/null")), "neither file" },
        { "hard link to nothing", Deb.Of(Deb.Link("./usr/lib/a", "./etc/shadow", TarEntryType.HardLink)), "not there" },
        { "no archive", "<html>"u8.ToArray(), "no ar archive" },
        { "cut off", Deb.Of(Deb.File("./usr/lib/a", "1"))[..^20], "cut off" },
        { "no data", Deb.Ar(("debian-binary", "2.0\n"u8.ToArray()), ("control.tar.gz", Deb.TarGz(Deb.File("control", "x")))), "no data.tar" },
        { "no control", Deb.Ar(("control.tar.gz", Deb.TarGz(Deb.File("other", "x"))), ("data.tar.gz", Deb.TarGz(Deb.File("./a", "x")))), "no control file" },
        { "packed otherwise", Deb.Ar(("control.tar.lzma", [1])), "packed as '.lzma'" },
        { "broken gzip", Deb.Ar(("control.tar.gz", [1, 2, 3, 4])), "" },
        { "broken xz", Deb.Ar(("control.tar.xz", [1, 2, 3, 4])), "xz cannot" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_or_damaged_package_is_refused(string what, byte[] deb, string why)
    {
        var refused = await Assert.ThrowsAsync<DiagnosticException>(() => FilesAsync(deb));
        Assert.Equal("MLO7233", refused.Diagnostics[0].Code);
        Assert.Contains(why, refused.Diagnostics[0].Why, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    [Fact]
    public async Task Other_bytes_than_the_list_names_are_refused()
    {
        var deb = Deb.Of(Deb.File("./usr/lib/a", "1"));
        foreach (var other in (byte[][])[[.. deb, 0], deb[..^1], [.. deb[..^1], (byte)(deb[^1] ^ 1)]])
        {
            var refused = await Assert.ThrowsAsync<DiagnosticException>(() => Deb.Base(deb).WriteAsync((_, _) => Task.FromResult<Stream>(new MemoryStream(other)), Stream.Null, default));
            Assert.Equal("MLO7233", refused.Diagnostics[0].Code);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"name":"x","packages":[]}""")]
    [InlineData("""{"name":"x","packages":[{"name":"b","version":"1","path":"debian/p","size":1,"digest":"sha256:00"}]}""")]
    [InlineData("""{"name":"x","packages":[{"name":"b","version":"1","path":"debian/../p","size":1,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}""")]
    [InlineData("""{"name":"x","packages":[{"name":"b","version":"1","path":"debian/p","size":0,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}""")]
    [InlineData("""{"name":"x","packages":[{"name":"../b","version":"1","path":"debian/p","size":1,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}""")]
    public void A_list_that_cannot_be_used_is_refused(string json) =>
        Assert.Equal("MLO7232", Assert.Throws<DiagnosticException>(() => DebianBase.Parse(Encoding.UTF8.GetBytes(json))).Diagnostics[0].Code);

    [Fact]
    public async Task The_default_base_is_the_same_bytes_on_every_machine()
    {
        // Another digest is another base for every image: the list, the format's number and this line change together.
        var made = await DebianList.Default.WriteAsync(async (package, cancellationToken) => new MemoryStream(await DebianMirror.FetchAsync(package, null, cancellationToken)), Stream.Null, default);
        Assert.Equal(DebianList.Default.Digest, made.Digest);
        Assert.Equal("sha256:184f3acff53ead9901227cbfec24b2552a21d86752cae042ba1b3afbabba5a3b", made.Layers[0].Descriptor.Digest.ToString());
        Assert.InRange(made.Layers[0].Descriptor.Size, 1, 8 << 20);
    }

    [Fact]
    public async Task A_package_that_no_mirror_has_is_named_with_the_mend()
    {
        var gone = DebianList.Default.Packages[0] with { Version = "0.0", Path = "debian/pool/gone_0.0.deb" };
        var refused = await Assert.ThrowsAsync<DiagnosticException>(() => DebianMirror.FetchAsync(gone, new("http://127.0.0.1:1/"), default));
        Assert.Equal("MLO7238", refused.Diagnostics[0].Code);
        Assert.Contains(DebianMirror.Variable, refused.Diagnostics[0].Mend, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> FilesAsync(byte[] deb)
    {
        var bytes = new MemoryStream();
        await Deb.Base(deb).WriteAsync((_, _) => Task.FromResult<Stream>(new MemoryStream(deb)), bytes, default);
        bytes.Position = 0;
        await using var tar = new TarReader(new GZipStream(bytes, CompressionMode.Decompress));
        var files = new Dictionary<string, string>();
        while (await tar.GetNextEntryAsync(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            files[entry.Name] = entry.DataStream is not null ? await text.ReadToEndAsync() : entry.LinkName is { Length: > 0 } target ? $"-> {target}" : "";
        }

        return files;
    }
}
