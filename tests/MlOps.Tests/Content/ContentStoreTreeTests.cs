using System.Text;
using MlOps.Content;

namespace MlOps.Tests.Content;

/// <summary>Directories in the store and back, with links and other things in the way.</summary>
public sealed class ContentStoreTreeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ContentStore _store;

    public ContentStoreTreeTests() => _store = new(At("store"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_is_written_or_removed_behind_a_linked_folder(bool removeOthers)
    {
        var tree = Keep(("sub/a", "new"), ("z", "z"));
        _folder.Write("outside/a", "precious");
        _folder.Write("outside/b", "precious, too");
        Directory.CreateDirectory(At("target"));
        File.CreateSymbolicLink(At("target/sub"), At("outside"));
        File.CreateSymbolicLink(At("target/other"), At("outside"));
        if (removeOthers)
        {
            Assert.True(_store.CopyTreeTo(tree, At("target"), removeOthers));
            Assert.Equal("new", _folder.Read("target/sub/a"));
            Assert.Equal(["sub/a", "z"], Files("target"));
            Assert.False(Path.Exists(At("target/other")));
        }
        else
        {
            var problem = Assert.Throws<DiagnosticException>(() => _store.CopyTreeTo(tree, At("target"))).Diagnostics.Single();
            Assert.Equal(("MLO1133", At("target/sub")), (problem.Code, problem.Where));
            Assert.False(File.Exists(At("target/z")));
        }

        Assert.Equal(("precious", "precious, too"), (_folder.Read("outside/a"), _folder.Read("outside/b")));
    }

    [Fact]
    public void A_link_in_a_files_place_is_replaced_and_its_target_stays()
    {
        _folder.Write("outside/a", "precious");
        Directory.CreateDirectory(At("target"));
        File.CreateSymbolicLink(At("target/a"), At("outside/a"));
        Assert.True(_store.CopyTreeTo(Keep(("a", "new")), At("target")));
        Assert.Equal(("new", "precious"), (_folder.Read("target/a"), _folder.Read("outside/a")));
        Assert.Null(new FileInfo(At("target/a")).LinkTarget);
    }

    [Fact]
    public void Files_become_folders_and_folders_files_only_where_others_may_go()
    {
        _folder.Write("target/a", "file");
        _folder.Write("target/b/deep/c", "file");
        _folder.Write("outside/x", "precious");
        File.CreateSymbolicLink(At("target/b/link"), At("outside"));
        var tree = Keep(("a/x", "1"), ("b", "2"));
        var problems = Assert.Throws<DiagnosticException>(() => _store.CopyTreeTo(tree, At("target"))).Diagnostics;
        Assert.Equal([At("target/a"), At("target/b")], problems.Select(problem => problem.Where));
        Assert.Equal("file", _folder.Read("target/a"));
        Assert.True(_store.CopyTreeTo(tree, At("target"), removeOthers: true));
        Assert.Equal(["a/x", "b"], Files("target"));
        Assert.Equal("precious", _folder.Read("outside/x"));
    }

    [Fact]
    public void Many_files_are_kept_side_by_side_and_come_back()
    {
        // Many have the same bytes, so that threads meet at one object.
        (string, string)[] files = [.. Enumerable.Range(0, 600).Select(i => ($"{i % 7}/{i}", new string('x', i % 50 * 100)))];
        var tree = Keep(files);
        Assert.True(new ContentStore(_store.Root).CopyTreeTo(tree, At("target")));
        Assert.Equal(files.Select(file => file.Item1).Order(StringComparer.Ordinal), Files("target"));
        Assert.All(files, file => Assert.Equal(file.Item2, _folder.Read($"target/{file.Item1}")));
        Assert.Empty(Directory.GetFiles(At("store/tmp")));
    }

    [Fact]
    public void A_file_that_changed_since_it_was_listed_is_told_and_of_several_the_first()
    {
        (string, string)[] files = [.. Enumerable.Range(100, 400).Select(i => ($"{i}", $"{i}"))];
        Write("source", files);
        var listing = List(files);
        for (var i = 499; i >= 250; i--)
        {
            _folder.Write($"source/{i}", "changed");
        }

        var problem = Assert.Throws<DiagnosticException>(() => _store.PutTree(At("source"), listing)).Diagnostics.Single();
        Assert.Equal(("MLO1131", At("source/250")), (problem.Code, problem.Where));
        Assert.False(_store.Contains(Digest.Of(listing.Bytes.Span)));
        File.Delete(At("source/100"));
        File.Delete(_store.PathOf(Digest.Of("100")));
        Assert.Throws<FileNotFoundException>(() => _store.PutTree(At("source"), listing));
        Assert.Empty(Directory.GetFiles(At("store/tmp")));
    }

    [Theory]
    [InlineData("a\nb", true)]
    [InlineData("a\na-b\na0", true)]
    [InlineData("a-b\na/b\na0", true)]
    [InlineData("b\na", false)]
    [InlineData("a\na", false)]
    [InlineData("a\na-b\na/b", false)]
    [InlineData("a/b\na/b/c/d", false)]
    [InlineData("../a", false)]
    [InlineData("/a", false)]
    [InlineData("a/./b", false)]
    [InlineData("a\\b", false)]
    public void Only_a_listing_that_a_directory_can_have_is_one(string paths, bool valid)
    {
        var hex = Digest.Of("x").Hex;
        var bytes = Encoding.UTF8.GetBytes(string.Concat(paths.Split('\n').Select(path => $"{hex}  {path}\n")));
        Assert.Equal(valid, TreeListing.TryParse(bytes) is not null);
        if (valid)
        {
            Assert.Equal(bytes, TreeListing.Of(TreeListing.TryParse(bytes)!.Entries).Bytes.ToArray());
            Assert.Null(TreeListing.TryParse(bytes.AsMemory(0, bytes.Length - 1)));
        }
    }

    [Fact]
    public void A_listing_is_in_utf8_and_in_the_order_of_bytes()
    {
        var hex = Digest.Of("x").Hex;
        // UTF-16 would put the second before the first.
        var ordered = Encoding.UTF8.GetBytes($"{hex}  \uff5e\n{hex}  \U0001f600\n");
        Assert.NotNull(TreeListing.TryParse(ordered));
        Assert.Null(TreeListing.TryParse(Encoding.UTF8.GetBytes($"{hex}  \U0001f600\n{hex}  \uff5e\n")));
        Assert.Null(TreeListing.TryParse((byte[])[.. Encoding.ASCII.GetBytes($"{hex}  a"), 0xe9, (byte)'\n']));
    }

    private string At(string path) => Path.Join(_folder.Root, path);

    private Digest Keep(params (string Path, string Text)[] files)
    {
        Write("source", files);
        return _store.PutTree(At("source"), List(files));
    }

    private void Write(string folder, (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            _folder.Write($"{folder}/{path}", text);
        }
    }

    private static TreeListing List((string Path, string Text)[] files) => TreeListing.Of(files.Select(file => new TreeEntry(file.Path, Digest.Of(file.Text))));

    private IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(At(folder), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(At(folder), path).Replace('\\', '/')).Order(StringComparer.Ordinal);
}
