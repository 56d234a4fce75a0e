using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MlOps.Content;
using MlOps.Content.Internal;

namespace MlOps.Tests.Content;

/// <summary>Directories: the fast walk against sha256sum, whatever is done to the tree in between.</summary>
public sealed class TreeWalkTests : IDisposable
{
    private static readonly string[] s_names =
        ["a", "a.txt", "a-b", "b", "Ä", "ä.csv", "image-0000001.bin", "image-0000002.bin", "image-0000002", " ", "-x", "z z", "日本", ".hidden", "a+", "\u007f", "very-long-" + new string('x', 200)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Random_trees_have_the_dirHash_that_sha256sum_gives_after_any_edits_in_any_process()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var tree = $"t{seed}";
            Directory.CreateDirectory(Path.Join(_folder.Root, tree));
            _folder.Write("elsewhere/x", "x");
            var index = Open();
            for (var round = 0; round < 12; round++)
            {
                for (var edits = random.Next(12); edits >= 0; edits--)
                {
                    Edit(random, tree);
                }

                Assert.Equal(Lines(tree), Encoding.UTF8.GetString(index.ListingOf(At(tree))!.Bytes.Span));
                Assert.Equal(Sha256Sum(tree), index.DigestOf(At(tree)));
                if (random.Next(3) == 0)
                {
                    index.Save();
                    index = Open();
                    Damage(random);
                }
            }
        }
    }

    [Fact]
    public void The_portable_walk_sees_what_the_fast_one_sees()
    {
        var random = new Random(7);
        _folder.Write("elsewhere/x", "x");
        for (var i = 0; i < 80; i++)
        {
            Edit(random, "t");
        }

        Assert.Equal(Seen(portable: true), Seen(portable: false));
        Assert.NotEmpty(Seen(portable: false));
    }

    [Fact]
    public void A_walk_without_order_has_the_same_hash_and_any_change_below_has_another()
    {
        _folder.Write("d/a/b/c", "1");
        _folder.Write("d/x", "2");
        var before = Stats("d");
        var ordered = new TreeWalk(_folder.Root, new(_folder.Root));
        ordered.Run("d", static (_, in _) => { });
        Assert.Equal(before, ordered.Stats);
        Directory.CreateDirectory(Path.Join(_folder.Root, "d/a/b/new"));
        var added = Stats("d");
        Assert.NotEqual(before, added);
        _folder.Write("d/a/b/c", "3");
        Assert.NotEqual(added, Stats("d"));
    }

    [Fact]
    public void Identity_and_listing_come_from_one_walk()
    {
        _folder.Write("d/b.txt", "two");
        _folder.Write("d/a/c.txt", "three");
        var tree = Open().TreeAt(At("d"))!;
        Assert.Equal(Open().DigestOf(At("d")), tree.Identity.Sha256);
        Assert.Equal(Digest.Of(tree.Listing.Bytes.Span), tree.Identity.Sha256);
        Assert.Equal((8, 2), (tree.Identity.Bytes, tree.Identity.Files));
        Assert.Equal(["a/c.txt", "b.txt"], tree.Listing.Entries.Select(entry => entry.Path));
        var lines = $"{FileIdentity.Of("three"u8).Xxh128Hex}  a/c.txt\n{FileIdentity.Of("two"u8).Xxh128Hex}  b.txt\n";
        Assert.Equal(FileIdentity.Of(Encoding.UTF8.GetBytes(lines)).Xxh128Hex, tree.Identity.Xxh128Hex);
        Assert.Equal(tree.Identity, Open().IdentifyTree(At("d")));
        Assert.Equal(tree.Listing.Bytes.ToArray(), Open().ListingOf(At("d"))!.Bytes.ToArray());
        Assert.Null(Open().TreeAt(At("no")));
        Assert.Equal("MLO1130", Code(() => Open().TreeAt(At("d/b.txt"))));
    }

    [Fact]
    public void After_a_touch_equal_xxh128_and_length_are_enough()
    {
        // A wrong sha256 with the right xxh128 shows that only the xxh128 was taken; with another one, both are.
        foreach (var size in new[] { 3, 300_000 })
        {
            var bytes = new byte[size];
            File.WriteAllBytes(Path.Join(_folder.Root, "f"), bytes);
            var right = FileIdentity.Of(bytes);
            var wrong = right with { Sha256 = Digest.Of("wrong") };
            Save(new() { ["f"] = new(FileStat.Of(Path.Join(_folder.Root, "f")) with { Modified = 1 }, wrong, IsRacy: false) }, []);
            Assert.Equal(wrong, Open().Identify(At("f")));
            Assert.Equal(right, new StatIndex(_folder.Root, IndexPath, rehash: true).Identify(At("f")));
            bytes[1] = 1;
            File.WriteAllBytes(Path.Join(_folder.Root, "f"), bytes);
            Assert.Equal(FileIdentity.Of(bytes), Open().Identify(At("f")));
        }
    }

    [Fact]
    public void What_is_known_of_a_directory_is_believed_while_the_stats_stay()
    {
        var path = _folder.Write("d/f", "abc");
        var wrong = FileIdentity.Of("wro"u8);
        Save(new() { ["d/f"] = new(FileStat.Of(path), wrong, IsRacy: false) }, []);
        Assert.Equal(Digest.Of($"{wrong.Sha256.Hex}  f\n"), Open().DigestOf(At("d")));
        File.SetLastWriteTimeUtc(path, new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(Sha256Sum("d"), Open().DigestOf(At("d")));
    }

    [Fact]
    public void Files_directories_and_directories_below_them_share_one_index()
    {
        var stat = new FileStat(FileKind.File, 1, 2, 3, 4, 5);
        var saved = Enumerable.Range(0, 20).ToDictionary(i => $"d{i % 3}/f{i}", i => new IndexEntry(stat, FileIdentity.Of([(byte)i]) with { Bytes = 3 }, IsRacy: false));
        Save(saved, []);
        var (outer, inner) = (new TreeRows(), new TreeRows());
        outer.Add("e/x"u8).Take(new(stat, FileIdentity.Of("new"u8), IsRacy: false));
        outer.Add("f99"u8).Take(new(stat, FileIdentity.Of("99."u8), IsRacy: false));
        inner.Add("x"u8).Take(new(stat, FileIdentity.Of("new"u8), IsRacy: false));
        inner.Add("y"u8).Take(new(stat, FileIdentity.Of("..."u8), IsRacy: true));
        Save(new() { ["d0/f0"] = new(stat, FileIdentity.Of("one"u8), IsRacy: false) }, new() { ["d1"] = outer, ["d1/e"] = inner });
        var now = IndexFile.Load(IndexPath);
        Assert.True(now.TryFind("d0/f0", out var own) && own.Identity == FileIdentity.Of("one"u8));
        Assert.True(now.TryFind("d0/f3", out var kept) && kept == saved["d0/f3"]);
        Assert.True(now.TryFind("d2/f2", out _) && now.TryFind("d1/e/x", out _) && now.TryFind("d1/f99", out _));
        Assert.False(now.TryFind("d1/f1", out _) || now.TryFind("d1/e/y", out _));
        Assert.Equal(7 + 6 + 2, now.Count);
    }

    [Fact]
    public async Task Two_that_save_at_once_leave_a_whole_index()
    {
        for (var i = 0; i < 50; i++)
        {
            // Old enough to be saved.
            File.SetLastWriteTimeUtc(_folder.Write($"d/{i}", $"{i}"), new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        // Setting a time is a change itself, and too young a one is not saved.
        while (FileStat.Of(Path.Join(_folder.Root, "d/49")).IsRacy(FileStat.Now))
        {
            await Task.Yield();
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                var index = new StatIndex(_folder.Root, IndexPath, rehash: true);
                index.DigestOf(At("d"));
                index.Save();
                Assert.NotEqual(0, IndexFile.Load(IndexPath).Count);
            }
        })));
        Assert.Equal(Sha256Sum("d"), Open().DigestOf(At("d")));
        Assert.Empty(Directory.GetFiles(_folder.Root, ".tmp*"));
    }

    [Fact]
    public void What_cannot_be_part_of_a_dataset_is_refused_by_name()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _folder.Write("newline/a\nb", "");
        _folder.Write("folder/a\nb/c", "");
        Bash("mkdir -p latin pipe dangling && : >latin/$'\\xe9' && mkfifo pipe/p && ln -s nowhere dangling/l");
        _folder.Write("backslash/a\\b", "");
        Assert.Equal("MLO1115", Code(() => Open().DigestOf(At("newline"))));
        Assert.Equal("MLO1115", Code(() => Open().DigestOf(At("folder"))));
        Assert.Equal("MLO1116", Code(() => Open().DigestOf(At("latin"))));
        Bash("rm -r latin");
        Assert.Equal("MLO1111", Code(() => Open().DigestOf(At("pipe"))));
        Assert.Equal("MLO1116", Code(() => Open().DigestOf(At("dangling"))));
        Assert.Equal("MLO1132", Code(() => Open().ListingOf(At("backslash"))));
    }

    [Fact]
    public void Many_files_are_read_by_several_threads_with_the_same_result()
    {
        for (var i = 0; i < 1500; i++)
        {
            _folder.Write($"d/{i % 10}/{i}", new string('x', i));
        }

        Assert.Equal(Sha256Sum("d"), Open().DigestOf(At("d")));
    }

    [Fact]
    public void A_remembered_answer_falls_with_anything_below_a_directory()
    {
        string[] changes = ["edit", "mtime put back", "add", "remove", "rename", "deep", "link", "none"];
        foreach (var change in changes)
        {
            var tree = Path.Join(_folder.Root, change);
            _folder.Write($"{change}/a/b/c", "old");
            _folder.Write($"{change}/x", "xyz");
            File.CreateSymbolicLink(Path.Join(tree, "link"), "x");
            var mirror = new BuildMirror(_folder.Root);
            mirror.ObserveTree(change, Stats(change), isRacy: false);
            mirror.Save(change, "answer"u8);
            Assert.NotNull(BuildMirror.TryAnswer(_folder.Root, change));
            Assert.Equal(change == "none", Changed(change, tree));
        }
    }

    [Fact]
    public void Many_unknown_files_have_the_dirHash_that_sha256sum_gives_and_the_stats_of_every_later_walk()
    {
        Many("t");
        File.CreateSymbolicLink(Path.Join(_folder.Root, "t/link"), "0/7");
        var index = Open();
        Assert.Equal(Sha256Sum("t"), index.DigestOf(At("t")));
        Assert.True(index.IsSteady(At("t"), index.DigestOf(At("t"))!.Value));
        index.Save();
        Old("t");
        var mirror = new BuildMirror(_folder.Root);
        Assert.Equal(Sha256Sum("t"), new StatIndex(_folder.Root, IndexPath, rehash: true) { Mirror = mirror }.DigestOf(At("t")));
        mirror.Save("many", "answer"u8);
        Assert.NotNull(BuildMirror.TryAnswer(_folder.Root, "many"));
        File.AppendAllText(Path.Join(_folder.Root, "t/0/7"), "x");
        Assert.Null(BuildMirror.TryAnswer(_folder.Root, "many"));
        Assert.Equal(Sha256Sum("t"), Open().DigestOf(At("t")));
    }

    [Fact]
    public void A_file_among_many_unknown_ones_that_went_away_or_became_a_link_is_not_read()
    {
        _folder.Write("elsewhere/x", "x");
        Directory.CreateDirectory(Path.Join(_folder.Root, "t"));
        File.CreateSymbolicLink(Path.Join(_folder.Root, "t/link"), "../elsewhere/x");
        foreach (var name in new[] { "link", "missing" })
        {
            var rows = new TreeRows();
            rows.Add(Encoding.UTF8.GetBytes(name)).State = RowState.Unseen;
            Assert.ThrowsAny<IOException>(() => new TreeReader(_folder.Root, "t", rows).Read([0]));
        }
    }

    [Fact]
    public void A_young_file_among_many_unknown_ones_is_read_between_two_looks()
    {
        var path = _folder.Write("t/x", "x");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(1));
        var rows = new TreeRows();
        rows.Add("x"u8).State = RowState.Unseen;
        new TreeReader(_folder.Root, "t", rows).Read([0]);
        Assert.Equal(RowState.Racy, rows[0].State);
        Assert.Equal(FileStat.Of(path), rows[0].Stat);
        Assert.Equal(FileIdentity.Of("x"u8), rows[0].Identity);
    }

    [Fact]
    public void What_was_steady_counts_as_seen_with_the_stats_that_it_had()
    {
        _folder.Write("t/x", "x");
        Old("t");
        var index = Open();
        var before = index.TreeAt(At("t"))!;
        Assert.True(index.IsSteady(At("t"), before.Identity.Sha256));
        File.WriteAllText(Path.Join(_folder.Root, "t/x"), "changed");
        Assert.Equal(before.Identity, index.TreeAsSeen(At("t"))!.Identity);
        var mirror = new BuildMirror(_folder.Root);
        index.Mirror = mirror;
        index.Begin(trustSteady: true);
        Assert.Equal(before.Identity.Sha256, index.DigestOf(At("t")));
        mirror.Save("steady", "answer"u8);
        Assert.Null(BuildMirror.TryAnswer(_folder.Root, "steady"));
        Assert.False(index.IsSteady(At("t"), before.Identity.Sha256));
        Assert.NotEqual(before.Identity.Sha256, index.DigestOf(At("t")));
    }

    [Fact]
    public void Xxh128_of_long_bytes_is_that_of_the_SDK()
    {
        var bytes = Bytes(new(1), 200_000);
        foreach (var length in Enumerable.Range(Xxh128.LeastBytes, 2100).Append(4096).Append(131_072).Append(200_000))
        {
            var (high, low) = Xxh128.Of(bytes.AsSpan(0, length));
            Assert.Equal(System.IO.Hashing.XxHash128.HashToUInt128(bytes.AsSpan(0, length)), new UInt128(high, low));
        }
    }

    [Fact]
    public void Identities_of_large_files_are_those_of_their_bytes()
    {
        var bytes = Bytes(new(2), 400_000);
        foreach (var length in new[] { 131_071, 131_072, 131_073, 131_135, 131_136, 132_095, 132_096, 132_097, 262_143, 262_144, 262_145, 263_168, 400_000 })
        {
            _folder.Write("large.bin", "");
            File.WriteAllBytes(Path.Join(_folder.Root, "large.bin"), bytes[..length]);
            var identity = FileIdentity.OfFile(Path.Join(_folder.Root, "large.bin"));
            Assert.Equal(System.IO.Hashing.XxHash128.HashToUInt128(bytes.AsSpan(0, length)), identity.Xxh128);
            Assert.Equal((Digest.Of(bytes.AsSpan(0, length)), length), (identity.Sha256, (int)identity.Bytes));
        }
    }

    private void Many(string tree)
    {
        for (var i = 0; i < 1500; i++)
        {
            _folder.Write($"{tree}/{i % 3}/{i / 3}", new('x', i));
        }
    }

    private void Old(string directory)
    {
        while (new TreeWalk(_folder.Root, links: null) is var walk && Racy(walk))
        {
            Thread.Yield();
        }

        bool Racy(TreeWalk walk)
        {
            walk.Run(directory, seen: null);
            return walk.IsRacy;
        }
    }

    private bool Changed(string change, string tree)
    {
        switch (change)
        {
            case "edit":
                File.WriteAllText(Path.Join(tree, "x"), "longer");
                break;
            case "mtime put back":
                var time = File.GetLastWriteTimeUtc(Path.Join(tree, "x"));
                File.WriteAllText(Path.Join(tree, "x"), "123");
                File.SetLastWriteTimeUtc(Path.Join(tree, "x"), time);
                break;
            case "add":
                File.WriteAllText(Path.Join(tree, "a/b/new"), "");
                break;
            case "remove":
                File.Delete(Path.Join(tree, "a/b/c"));
                break;
            case "rename":
                File.Move(Path.Join(tree, "a/b/c"), Path.Join(tree, "a/b/d"));
                break;
            case "deep":
                Directory.CreateDirectory(Path.Join(tree, "a/b/e/f"));
                break;
            case "link":
                File.Delete(Path.Join(tree, "link"));
                File.CreateSymbolicLink(Path.Join(tree, "link"), "a/b/c");
                break;
            default:
                break;
        }

        return BuildMirror.TryAnswer(_folder.Root, change) is not null;
    }

    private string IndexPath => Path.Join(_folder.Root, "index");

    private StatIndex Open() => new(_folder.Root, IndexPath);

    private void Save(Dictionary<string, IndexEntry> files, Dictionary<string, TreeRows> trees) => new IndexWriter(IndexFile.Load(IndexPath), files, trees).Save(IndexPath);

    private static WorkspacePath At(string path) => WorkspacePath.Parse(path);

    private static string Code(Action action) => Assert.Throws<DiagnosticException>(action).Diagnostics.Single().Code;

    private ulong Stats(string directory)
    {
        var walk = new TreeWalk(_folder.Root, links: null);
        walk.Run(directory, seen: null);
        return walk.Stats;
    }

    private List<string> Seen(bool portable)
    {
        var seen = new List<string>();
        var walk = new TreeWalk(_folder.Root, new(_folder.Root), portable);
        walk.Run("t", (path, in stat) => seen.Add(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetString(path)} {stat}")));
        seen.Add(walk.Stats.ToString(CultureInfo.InvariantCulture));
        return seen;
    }

    /// <summary>One random edit: a file made, grown, rewritten in the same length with its mtime put back, replaced by rename, removed, or a link.</summary>
    private void Edit(Random random, string tree)
    {
        var path = Path.Join(_folder.Root, tree, string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => s_names[random.Next(s_names.Length)])));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            switch (random.Next(8))
            {
                case 0 when File.Exists(path):
                    var time = File.GetLastWriteTimeUtc(path);
                    File.WriteAllBytes(path, Bytes(random, (int)new FileInfo(path).Length));
                    File.SetLastWriteTimeUtc(path, time);
                    break;
                case 1 when File.Exists(path):
                    File.WriteAllBytes(path + ".new", Bytes(random, (int)new FileInfo(path).Length));
                    File.Move(path + ".new", path, overwrite: true);
                    break;
                case 2 when File.Exists(path):
                    File.Delete(path);
                    break;
                case 3 when Directory.Exists(path) && random.Next(4) == 0:
                    Directory.Delete(path, recursive: true);
                    break;
                case 4 when !Path.Exists(path):
                    File.CreateSymbolicLink(path, Path.Join(_folder.Root, "elsewhere/x"));
                    break;
                default:
                    File.WriteAllBytes(path, Bytes(random, random.Next(3) * random.Next(1, 3000)));
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file stands where a folder was meant, or the other way round: this edit does nothing.
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Flips a byte of the index or cuts it, which must cost time only.</summary>
    private void Damage(Random random)
    {
        if (random.Next(2) == 0 || !File.Exists(IndexPath))
        {
            return;
        }

        var bytes = File.ReadAllBytes(IndexPath);
        bytes[random.Next(bytes.Length)] ^= 4;
        File.WriteAllBytes(IndexPath, random.Next(2) == 0 ? bytes : bytes[..random.Next(bytes.Length)]);
    }

    /// <summary>in-toto's dirHash by the tools that define it; links are followed.</summary>
    private Digest Sha256Sum(string tree) => Digest.Of(Lines(tree));

    private string Lines(string tree)
    {
        if (OperatingSystem.IsLinux())
        {
            return Bash($"cd {tree} && find -L . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 -r sha256sum --");
        }

        var files = Directory.EnumerateFiles(Path.Join(_folder.Root, tree), "*", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetRelativePath(Path.Join(_folder.Root, tree), path).Replace('\\', '/'), Path: path)).OrderBy(file => file.Name, StringComparer.Ordinal);
        return string.Concat(files.Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.Path)))}  {file.Name}\n"));
    }

    private string Bash(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = _folder.Root, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
