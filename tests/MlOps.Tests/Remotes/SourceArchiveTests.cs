using System.IO.Compression;
using System.Text;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

/// <summary>Archives that are whole, broken and hostile.</summary>
public sealed class SourceArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Archive => Path.Join(_folder.Root, "archive");

    private string Target => Path.Join(_folder.Root, "target");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_gzip_file_gives_the_file_that_it_holds()
    {
        Gzip("hello");

        new SourceArchive(Archive, "a.gz").Gunzip(Target, default);

        Assert.Equal("hello", File.ReadAllText(Target));
    }

    [Fact]
    public void A_gzip_file_that_is_cut_short_is_told()
    {
        Gzip(string.Concat(Enumerable.Range(0, 10_000).Select(i => (i * 7919).ToString(System.Globalization.CultureInfo.InvariantCulture))));
        File.WriteAllBytes(Archive, File.ReadAllBytes(Archive)[..^500]);

        Assert.Equal("MLO8262", Fails(() => new SourceArchive(Archive, "a.gz").Gunzip(Target, default)));
    }

    [Fact]
    public void A_file_that_is_no_archive_is_told()
    {
        File.WriteAllText(Archive, "<html>not found</html>");

        Assert.Equal("MLO8262", Fails(() => new SourceArchive(Archive, "a.gz").Gunzip(Target, default)));
        Assert.Equal("MLO8262", Fails(() => new SourceArchive(Archive, "a.zip").Unzip("a", Target, default)));
    }

    [Fact]
    public void A_member_of_a_zip_file_is_found_by_its_name_and_a_wrong_one_gets_the_nearest()
    {
        Zip(("inner/hours.csv", "a,b"), ("readme.txt", "x"));

        new SourceArchive(Archive, "a.zip").Unzip("inner/hours.csv", Target, default);

        Assert.Equal("a,b", File.ReadAllText(Target));
        var failure = Assert.Throws<DiagnosticException>(() => new SourceArchive(Archive, "a.zip").Unzip("inner/hour.csv", Target + "2", default));
        Assert.Equal(("MLO8263", "did you mean 'inner/hours.csv'?"), (failure.Diagnostics[0].Code, failure.Diagnostics[0].Mend));
    }

    [Fact]
    public void All_of_a_zip_file_becomes_a_folder()
    {
        Zip(("a/b/c.txt", "c"), ("d.txt", "d"), ("empty/", ""));

        new SourceArchive(Archive, "a.zip").UnzipAll(Target, default);

        Assert.Equal("c", File.ReadAllText(Path.Join(Target, "a/b/c.txt")));
        Assert.Equal("d", File.ReadAllText(Path.Join(Target, "d.txt")));
    }

    [Theory]
    [InlineData("../out.txt")]
    [InlineData("/etc/out.txt")]
    [InlineData("a/../../out.txt")]
    [InlineData("a\\..\\out.txt")]
    [InlineData("a//b")]
    public void A_name_that_leaves_the_folder_is_refused(string name)
    {
        Zip((name, "x"));

        Assert.Equal("MLO8264", Fails(() => new SourceArchive(Archive, "a.zip").UnzipAll(Target, default)));
        Assert.False(File.Exists(Path.Join(_folder.Root, "out.txt")));
    }

    [Fact]
    public void A_name_that_stands_twice_is_refused()
    {
        Zip(("a", "x"), ("a", "y"));

        Assert.Equal("MLO8264", Fails(() => new SourceArchive(Archive, "a.zip").UnzipAll(Target, default)));
    }

    [Fact]
    public void A_bomb_ends_at_the_bound()
    {
        Zip(("zeros", new string('0', 5_000_000)));

        Assert.Equal("MLO8265", Fails(() => new SourceArchive(Archive, "a.zip", most: 1_000_000).UnzipAll(Target, default)));
        Assert.True(new FileInfo(Path.Join(Target, "zeros")).Length <= 1_000_000);
    }

    [Fact]
    public void A_member_longer_than_declared_is_refused()
    {
        Zip(("zeros", new string('0', 100_000)));
        var bytes = File.ReadAllBytes(Archive);
        var central = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(central + 24), 10);
        File.WriteAllBytes(Archive, bytes);

        Assert.Equal("MLO8262", Fails(() => new SourceArchive(Archive, "a.zip").UnzipAll(Target, default)));
    }

    [Fact]
    public void A_member_with_a_flipped_bit_is_refused()
    {
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Create))
        {
            using var member = zip.CreateEntry("a", CompressionLevel.NoCompression).Open();
            member.Write("plain text"u8);
        }

        var bytes = File.ReadAllBytes(Archive);
        bytes[bytes.AsSpan().IndexOf("plain"u8)] ^= 1;
        File.WriteAllBytes(Archive, bytes);

        Assert.Equal("MLO8262", Fails(() => new SourceArchive(Archive, "a.zip").Unzip("a", Target, default)));
    }

    [Fact]
    public void An_encrypted_member_and_a_link_are_refused()
    {
        Zip(("a", "secret"));
        var bytes = File.ReadAllBytes(Archive);
        bytes[6] |= 1;
        bytes[bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 8] |= 1;
        File.WriteAllBytes(Archive, bytes);
        Assert.Equal("MLO8266", Fails(() => new SourceArchive(Archive, "a.zip").Unzip("a", Target, default)));

        using (var zip = ZipFile.Open(Archive + "2", ZipArchiveMode.Create))
        {
            zip.CreateEntry("link").ExternalAttributes = unchecked((int)0xA1FF0000);
        }

        Assert.Equal("MLO8267", Fails(() => new SourceArchive(Archive + "2", "a.zip").UnzipAll(Target, default)));
    }

    private void Gzip(string text)
    {
        using var gzip = new GZipStream(File.Create(Archive), CompressionLevel.Fastest);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }

    private void Zip(params (string Name, string Text)[] members)
    {
        using var zip = ZipFile.Open(Archive, ZipArchiveMode.Create);
        foreach (var (name, text) in members)
        {
            using var member = zip.CreateEntry(name).Open();
            member.Write(Encoding.UTF8.GetBytes(text));
        }
    }

    private static string Fails(Action unpack) => Assert.Throws<DiagnosticException>(unpack).Diagnostics.Single().Code;
}
