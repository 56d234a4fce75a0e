using System.Security.Cryptography;
using System.Text;
using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class StatIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_identity_is_that_of_the_bytes()
    {
        _folder.Write("a.csv", "x,y\n1,2\n");
        Assert.Equal(FileIdentity.Of("x,y\n1,2\n"u8), Open().Identify(At("a.csv")));
        Assert.Null(Open().Identify(At("b.csv")));
        Assert.Null(Open().Identify(At("no/b.csv")));
    }

    [Fact]
    public void Large_files_have_the_identity_of_their_bytes()
    {
        var bytes = new byte[1_000_001];
        bytes[777_777] = 7;
        File.WriteAllBytes(Path.Join(_folder.Root, "big"), bytes);
        Assert.Equal(FileIdentity.Of(bytes), Open().Identify(At("big")));
    }

    [Fact]
    public void A_same_size_edit_with_its_old_mtime_restored_is_noticed()
    {
        var path = _folder.Write("a.csv", "old");
        var index = Open();
        index.Identify(At("a.csv"));
        index.Save();
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, "new");
        File.SetLastWriteTimeUtc(path, time);
        Assert.Equal(Digest.Of("new"), index.Identify(At("a.csv"))!.Value.Sha256);
        Assert.Equal(Digest.Of("new"), Open().Identify(At("a.csv"))!.Value.Sha256);
    }

    [Fact]
    public void An_old_file_is_answered_from_the_saved_index_unless_rehash_is_asked_for()
    {
        // A wrong digest in the index shows that the index was believed.
        var path = _folder.Write("a.csv", "abc");
        var stat = FileStat.Of(path);
        var wrong = FileIdentity.Of("wrong"u8) with { Bytes = 3 };
        var learnt = new Dictionary<string, MlOps.Content.Internal.IndexEntry> { ["a.csv"] = new(stat, wrong, IsRacy: false) };
        SaveIndex(learnt);
        Assert.Equal(wrong, Open().Identify(At("a.csv")));
        Assert.Equal(FileIdentity.Of("abc"u8), new StatIndex(_folder.Root, IndexPath, rehash: true).Identify(At("a.csv")));
        File.SetLastWriteTimeUtc(path, new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(FileIdentity.Of("abc"u8), Open().Identify(At("a.csv")));
    }

    [Fact]
    public void A_file_as_young_as_the_clock_is_coarse_is_racy()
    {
        const long second = 1_000_000_000;
        var stat = new FileStat(FileKind.File, 1, 1, 1, (5 * second) + 1, (6 * second) + 1);
        Assert.True(stat.IsRacy((6 * second) + 1));
        Assert.True(stat.IsRacy(5 * second));
        Assert.False(stat.IsRacy((6 * second) + 100_000_000));
        Assert.True((stat with { Changed = 6 * second }).IsRacy((7 * second) + 1));
        Assert.False((stat with { Changed = 6 * second }).IsRacy((8 * second) + 1));
        Assert.False(default(FileStat).IsRacy(0));
    }

    [Fact]
    public void A_young_file_is_not_saved_in_the_index()
    {
        _folder.Write("a.csv", "abc");
        var entries = new Dictionary<string, MlOps.Content.Internal.IndexEntry> { ["a.csv"] = new(default, FileIdentity.Of("abc"u8), IsRacy: true) };
        SaveIndex(entries);
        Assert.False(MlOps.Content.Internal.IndexFile.Load(IndexPath).TryFind("a.csv", out _));
    }

    [Fact]
    public void The_saved_index_finds_every_path_and_a_damaged_one_none()
    {
        var entries = Enumerable.Range(0, 300).ToDictionary(
            i => $"{i % 7}/ä{i}",
            i => new MlOps.Content.Internal.IndexEntry(new(FileKind.File, 1, (ulong)i, i, i, i), FileIdentity.Of(Encoding.UTF8.GetBytes($"{i}")) with { Bytes = i }, false));
        SaveIndex(entries);
        var loaded = MlOps.Content.Internal.IndexFile.Load(IndexPath);
        Assert.All(entries, pair => Assert.True(loaded.TryFind(pair.Key, out var found) && found == pair.Value));
        Assert.False(loaded.TryFind("0/ä1", out _));

        var bytes = File.ReadAllBytes(IndexPath);
        bytes[100] ^= 1;
        File.WriteAllBytes(IndexPath, bytes);
        Assert.False(MlOps.Content.Internal.IndexFile.Load(IndexPath).TryFind("0/ä0", out _));
    }

    [Fact]
    public void A_directory_has_the_dirHash_of_in_toto()
    {
        _folder.Write("d/b.txt", "two");
        _folder.Write("d/a/c.txt", "one");
        _folder.Write("d/a.txt", "three");
        // 'a.txt' sorts before 'a/c.txt' by bytes.
        var lines = $"{Sha("three")}  a.txt\n{Sha("one")}  a/c.txt\n{Sha("two")}  b.txt\n";
        Assert.Equal(Digest.Of(lines), Open().DigestOf(At("d")));
    }

    [Fact]
    public void Links_inside_count_as_content_and_links_outside_are_refused()
    {
        _folder.Write("real/x", "content");
        Directory.CreateDirectory(Path.Join(_folder.Root, "d"));
        File.CreateSymbolicLink(Path.Join(_folder.Root, "d/x"), "../real/x");
        Assert.Equal(Digest.Of("content"), Open().DigestOf(At("d/x")));
        Assert.Equal(Open().DigestOf(At("real")), Open().DigestOf(At("d")));

        using var outside = new TemporaryFolder();
        outside.Write("secret", "s");
        File.CreateSymbolicLink(Path.Join(_folder.Root, "out"), Path.Join(outside.Root, "secret"));
        Directory.CreateSymbolicLink(Path.Join(_folder.Root, "outdir"), outside.Root);
        Assert.Equal("MLO1114", Refused("out"));
        Assert.Equal("MLO1114", Refused("outdir/secret"));
        Assert.Equal("MLO1114", Refused("outdir"));
    }

    [Fact]
    public void Circles_of_links_are_refused()
    {
        File.CreateSymbolicLink(Path.Join(_folder.Root, "a"), "b");
        File.CreateSymbolicLink(Path.Join(_folder.Root, "b"), "a");
        _folder.Write("d/x", "x");
        Directory.CreateSymbolicLink(Path.Join(_folder.Root, "d/again"), "../d");
        Assert.Equal("MLO1113", Refused("a"));
        Assert.Equal("MLO1113", Refused("d"));
    }

    [Fact]
    public void A_directory_has_no_file_identity()
    {
        _folder.Write("d/x", "x");
        Assert.Equal("MLO1110", Assert.Throws<DiagnosticException>(() => Open().Identify(At("d"))).Diagnostics.Single().Code);
    }

    private string IndexPath => Path.Join(_folder.Root, "index");

    private void SaveIndex(Dictionary<string, MlOps.Content.Internal.IndexEntry> files) => new MlOps.Content.Internal.IndexWriter(
        MlOps.Content.Internal.IndexFile.Load("/nonexistent"), files, new Dictionary<string, MlOps.Content.Internal.TreeRows>()).Save(IndexPath);

    private StatIndex Open() => new(_folder.Root, IndexPath);

    private string Refused(string path) => Assert.Throws<DiagnosticException>(() => Open().DigestOf(At(path))).Diagnostics.Single().Code;

    private static WorkspacePath At(string path) => WorkspacePath.Parse(path);

    private static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
