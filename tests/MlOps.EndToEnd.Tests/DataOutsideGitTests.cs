using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Datasets that git does not carry, through the real command, a real git and a real web server.</summary>
public sealed class DataOutsideGitTests : IAsyncLifetime, IDisposable
{
    private const string First = "a,b\n1,x\n2,y\n3,z\n", Second = "a,b,c\n1,x,0.5\n2,y,1.5\n4,w,2\n5,v,3\n";

    private readonly Workspace _here = new();
    private readonly Workspace _share = new();
    private DataServer _server = null!;

    public async Task InitializeAsync() => _server = await DataServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public void Dispose()
    {
        _here.Dispose();
        _share.Dispose();
    }

    [Fact]
    public void A_clone_elsewhere_gets_its_data_back_by_Train_and_by_Pull()
    {
        Declare("""{ "path": "data/t.csv" }""", remote: true);
        _here.Write("data/t.csv", First);
        _here.Run("Train").Expect(0);
        Commit("one");
        Assert.Equal("would be pushed", Said(_here.Run("Push --dry-run").Expect(0)));
        Assert.False(Directory.Exists(_share.At("store/objects")));
        var pushed = _here.Run("Push --json").Expect(0).Json;
        Assert.True((long)pushed["objects"]! >= 4, pushed.ToJsonString());
        Assert.Equal(0, (int)_here.Run("Push --json").Expect(0).Json["objects"]!);

        using var clone = Clone();
        Assert.Equal(["restored"], Statuses(clone.Run("Train --json").Expect(0)));
        Assert.Equal(First, File.ReadAllText(clone.At("data/t.csv")));
        Assert.Equal(_here.Lock, clone.Lock);

        using var offline = Clone();
        Assert.Equal("pulled", Said(offline.Run("Pull").Expect(0)));
        Assert.Equal(First, File.ReadAllText(offline.At("data/t.csv")));
        Directory.Delete(_share.At("store"), recursive: true);
        Assert.Equal(["up to date"], Statuses(offline.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void An_old_commit_gets_its_data_back_and_a_new_one_too()
    {
        Declare("""{ "path": "data/t.csv" }""");
        Pin("one", First);
        Pin("two", Second);

        _here.Git("checkout", "-q", "HEAD~1");
        Assert.Contains("restored data/t.csv from the store", _here.Run("Train").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Equal(First, File.ReadAllText(_here.At("data/t.csv")));
        Assert.Equal("", _here.Start("git", ["status", "--porcelain"]).Expect(0).Output);

        _here.Git("checkout", "-q", "-");
        _here.Run("Train").Expect(0);
        Assert.Equal(Second, File.ReadAllText(_here.At("data/t.csv")));
        Assert.Equal("", _here.Start("git", ["status", "--porcelain"]).Expect(0).Output);
    }

    [Fact]
    public void A_file_that_is_gone_comes_back_though_nothing_else_changed()
    {
        Declare("""{ "path": "data/t.csv" }""");
        Pin("one", First);
        _here.Run("Train").Expect(0);
        File.Delete(_here.At("data/t.csv"));

        _here.Run("Train").Expect(0);

        Assert.Equal(First, File.ReadAllText(_here.At("data/t.csv")));
    }

    [Fact]
    public void An_edit_is_never_lost()
    {
        Declare("""{ "path": "data/t.csv" }""");
        Pin("one", First);
        Pin("two", Second);
        const string mine = "a,b\n9,mine\n";
        _here.Write("data/t.csv", mine);
        _here.Git("checkout", "-q", "HEAD~1");

        Assert.Contains("MLO2090", _here.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2090", _here.Run("Status").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Equal(mine, File.ReadAllText(_here.At("data/t.csv")));

        _here.Run("Import t").Expect(0);
        Assert.Equal(mine, File.ReadAllText(_here.At("data/t.csv")));
        _here.Git("checkout", "-q", "data.lock.json");
        _here.Run("Train").Expect(0);
        Assert.Equal(First, File.ReadAllText(_here.At("data/t.csv")));
    }

    [Fact]
    public void A_file_that_git_tracks_is_never_overwritten()
    {
        Declare("""{ "path": "kept/t.csv" }""");
        _here.Write("kept/t.csv", First);
        _here.Git("init", "-q");
        _here.Run("Train").Expect(0);
        Commit("one");
        _here.Write("kept/t.csv", Second);
        _here.Run("Train").Expect(0);
        _here.Git("checkout", "-q", "data.lock.json");

        _here.Run("Train").Expect(0);

        Assert.Equal(Second, File.ReadAllText(_here.At("kept/t.csv")));
    }

    [Fact]
    public void An_update_shows_what_changed_before_it_pins_and_asks_only_once_for_the_same()
    {
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(First);
        Declare(Sourced("t.csv"));
        Assert.Equal(["ran"], Statuses(_here.Run("Train --json").Expect(0)));
        Assert.Contains("not modified", _here.Run("Import --update t --dry-run").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("condition=", _server.Requests.Last(), StringComparison.Ordinal);
        var before = _here.Lock;
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(Second);

        var shown = _here.Run("Import --update t --dry-run").Expect(0).Output;
        Assert.Contains("+ column c (number)", shown, StringComparison.Ordinal);
        Assert.Contains("3 → 4 rows", shown, StringComparison.Ordinal);
        Assert.Contains($"bytes {First.Length} → {Second.Length}", shown, StringComparison.Ordinal);
        Assert.Equal((before, First), (_here.Lock, File.ReadAllText(_here.At("data/t.csv"))));

        var updated = _here.Run("Import --update t --json").Expect(0).Json;
        Assert.True((bool)updated["changes"]![0]!["changed"]!);
        Assert.Equal(Second, File.ReadAllText(_here.At("data/t.csv")));
        Assert.NotEqual(before, _here.Lock);
        Assert.Contains("not modified", _here.Run("Import --update").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Equal(["up to date"], Statuses(_here.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void An_update_that_cannot_be_pinned_leaves_all_as_it_was()
    {
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(First);
        Declare(Sourced("t.csv", """, "contract": { "rows": { "max": 3 } }"""));
        _here.Run("Train").Expect(0);
        var before = _here.Lock;
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(Second);

        Assert.Contains("MLO41", _here.Run("Import --update").Expect(1).Errors, StringComparison.Ordinal);

        Assert.Equal((before, First), (_here.Lock, File.ReadAllText(_here.At("data/t.csv"))));
        Assert.Equal(["up to date"], Statuses(_here.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void An_update_of_an_edited_file_is_refused()
    {
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(First);
        Declare(Sourced("t.csv"));
        _here.Run("Train").Expect(0);
        _here.Write("data/t.csv", "a,b\n7,q\n");

        Assert.Contains("MLO2096", _here.Run("Import --update").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Equal("a,b\n7,q\n", File.ReadAllText(_here.At("data/t.csv")));
    }

    [Fact]
    public void A_source_that_changed_is_told_where_nobody_else_has_the_pinned_bytes()
    {
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(First);
        Declare(Sourced("t.csv"));
        _here.Run("Train").Expect(0);
        Commit("one");
        using var clone = Clone();
        clone.Run("Train").Expect(0);
        Assert.Equal(_here.Lock, clone.Lock);

        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(Second);
        using var late = Clone();
        var failed = late.Run("Train").Expect(1);
        Assert.Contains("MLO2088", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("Import --update t", failed.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(late.At("data/t.csv")));
        late.Run("Import --update t").Expect(0);
        Assert.Equal(Second, File.ReadAllText(late.At("data/t.csv")));
    }

    [Fact]
    public void Bytes_that_nuke_json_does_not_demand_are_refused()
    {
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(Second);
        Declare($$"""{ "path": "data/t.csv", "source": { "url": "{{_server.At("t.csv")}}", "sha256": "{{Content.Digest.Of(First).Hex}}" } }""");

        Assert.Contains("MLO2089", _here.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_here.At("data/t.csv")));

        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(First);
        _here.Run("Train").Expect(0);
        _here.Replace("nuke.json", Content.Digest.Of(First).Hex, Content.Digest.Of(Second).Hex);
        Assert.Contains("MLO2092", _here.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
        _server.Files["t.csv"] = Encoding.UTF8.GetBytes(Second);
        _here.Run("Import --update").Expect(0);
        Assert.Equal(Second, File.ReadAllText(_here.At("data/t.csv")));
    }

    [Fact]
    public void A_member_of_a_zip_file_and_a_packed_file_become_datasets()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var member = archive.CreateEntry("inner/t.csv").Open();
            member.Write(Encoding.UTF8.GetBytes(First));
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Second));
        }

        (_server.Files["all.zip"], _server.Files["t.csv.gz"]) = (zip.ToArray(), packed.ToArray());
        Declare($$"""{ "path": "data/t.csv", "source": { "url": "{{_server.At("all.zip")}}", "member": "inner/t.csv" } }, "u": { "path": "data/u.csv", "source": "{{_server.At("t.csv.gz")}}" }, "v": { "path": "data/v", "source": "{{_server.At("all.zip")}}" }""");

        _here.Run("Train").Expect(0);

        Assert.Equal((First, Second, First), (File.ReadAllText(_here.At("data/t.csv")), File.ReadAllText(_here.At("data/u.csv")), File.ReadAllText(_here.At("data/v/inner/t.csv"))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_here.At(".mlops/download")));
    }

    [Fact]
    public void A_directory_is_pinned_read_by_steps_and_brought_back()
    {
        _here.Write("nuke.json", $$"""
            {
              "name": "files",
              "data": { "photos": { "path": "data/photos" } },
              "steps": { "count": { "run": ["sh", "-c", "cat data/photos/*/* > all.txt"], "reads": ["@data/photos"], "writes": ["all.txt"] } },
              "store": { "remotes": ["{{_share.At("store")}}"] }
            }
            """);
        _here.Write(".gitignore", ".mlops/\ndata/\n");
        _here.Git("init", "-q");
        _here.Write("data/photos/a/1", "one");
        _here.Write("data/photos/b/2", "two");
        _here.Run("Train").Expect(0);
        Commit("one");
        Assert.Equal("onetwo", File.ReadAllText(_here.At(".mlops/out/all.txt")));
        Assert.Contains("\"files\": 2", _here.Lock, StringComparison.Ordinal);

        _here.Write("data/photos/a/1", "uno");
        File.Delete(_here.At("data/photos/b/2"));
        _here.Write("data/photos/b/3", "three");
        var shown = _here.Run("Import --update --dry-run").Expect(0).Output;
        Assert.Contains("1 file added: b/3", shown, StringComparison.Ordinal);
        Assert.Contains("1 file removed: b/2", shown, StringComparison.Ordinal);
        Assert.Contains("1 file changed: a/1", shown, StringComparison.Ordinal);
        _here.Run("Train").Expect(0);
        Assert.Equal("unothree", File.ReadAllText(_here.At(".mlops/out/all.txt")));
        Commit("two");
        _here.Run("Push").Expect(0);

        _here.Git("checkout", "-q", "HEAD~1");
        _here.Run("Train").Expect(0);
        Assert.Equal(["a/1", "b/2"], Files(_here));
        Assert.Equal("", _here.Start("git", ["status", "--porcelain"]).Expect(0).Output);

        _here.Git("checkout", "-q", "-");
        using var clone = Clone();
        // The directory's listing, which came first, is all that its import makes.
        Assert.Equal(["up to date", "restored"], Statuses(clone.Run("Train --json").Expect(0)));
        Assert.Equal(["a/1", "b/3"], Files(clone));
    }

    [Fact]
    public async Task A_killed_download_is_gone_on_with()
    {
        var text = "a,b\n" + string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i},x\n"));
        var bytes = _server.Files["t.csv"] = Encoding.UTF8.GetBytes(text);
        Declare(Sourced("t.csv"));
        _server.Before = async context =>
        {
            context.Response.Headers.ETag = DataServer.TagOf(bytes);
            context.Response.ContentLength = bytes.Length;
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, 300_000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using (var train = Process.Start(new ProcessStartInfo("sh", [Path.Combine(RepositoryFolder.Root, "build.sh"), "Train"]) { WorkingDirectory = _here.Root, RedirectStandardError = true })!)
        {
            while (!train.HasExited && !(Directory.Exists(_here.At(".mlops/download")) && Directory.EnumerateFiles(_here.At(".mlops/download")).Any(file => new FileInfo(file).Length >= 300_000)))
            {
                await Task.Delay(10);
            }

            train.Kill();
            await train.WaitForExitAsync();
        }

        _server.Before = null;
        Assert.False(File.Exists(_here.At("data/t.csv")));

        _here.Run("Train").Expect(0);

        Assert.Equal(text, await File.ReadAllTextAsync(_here.At("data/t.csv")));
        Assert.Contains("range=300000-", _server.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_remote_Push_and_Pull_say_how_to_declare_one()
    {
        Declare("""{ "path": "data/t.csv" }""");
        Pin("one", First);

        Assert.Contains("MLO2098", _here.Run("Push").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2098", _here.Run("Pull").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Contains("MLO2097", _here.Run("Push u").Expect(1).Errors, StringComparison.Ordinal);
        _here.Run(["Push", "t", "--remote", _share.At("other")]).Expect(0);
        Assert.NotEmpty(Directory.EnumerateFiles(_share.At("other"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Bytes_that_nobody_has_are_named()
    {
        Declare("""{ "path": "data/t.csv" }""");
        Pin("one", First);
        using var clone = Clone();

        var failed = clone.Run("Train").Expect(1).Errors;

        Assert.Contains("MLO2033", failed, StringComparison.Ordinal);
        Assert.Contains(Content.Digest.Of(First).Hex, failed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_told_and_what_stands_there_stays()
    {
        Declare("""{ "path": "data/t.csv" }""", remote: true);
        Pin("one", First);
        _here.Run("Push").Expect(0);
        using var clone = Clone();
        clone.Write("data", "a file where the folder should be");

        Assert.Contains("MLO11", clone.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
        Assert.Equal("a file where the folder should be", File.ReadAllText(clone.At("data")));

        File.Delete(clone.At("data"));
        clone.Run("Train").Expect(0);
        Assert.Equal(First, File.ReadAllText(clone.At("data/t.csv")));
    }

    [Fact]
    public void A_table_that_is_none_cannot_train_a_model()
    {
        using var workspace = Workspace.OfSamples();
        workspace.Replace("nuke.json", "\"path\": \"models/churn/data/customers.csv\"", "\"path\": \"models/churn/data/customers.csv\", \"format\": \"files\"");

        Assert.Contains("MLO2095", workspace.Run("Plan").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MLO2083", """{ "path": "data/t.csv", "source": "ftp://example.org/t.csv" }""")]
    [InlineData("MLO2083", """{ "path": "data/t.csv", "source": "https://me:secret@example.org/t.csv" }""")]
    [InlineData("MLO2084", """{ "path": "data/t.csv", "source": { "url": "https://example.org/t.csv", "sha256": "abc" } }""")]
    [InlineData("MLO2085", """{ "path": "data/t", "contract": { "rows": { "min": 1 } } }""")]
    [InlineData("MLO2086", """{ "path": "data/t.csv", "source": "https://example.org/t.zip" }""")]
    [InlineData("MLO2082", """{ "path": ".mlops/t.csv" }""")]
    [InlineData("MLO2004", """{ "path": "../t" }""")]
    [InlineData("MLO2094", """{ "path": "data/empty" }""")]
    [InlineData("MLO1006", """{ "path": "data/t.csv", "format": "cvs" }""")]
    public void A_declaration_that_cannot_be_meant_is_told(string code, string dataset)
    {
        Declare(dataset);
        _here.Write("data/t.csv", First);
        Directory.CreateDirectory(_here.At("data/empty"));

        Assert.Contains(code, _here.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    private void Declare(string dataset, bool remote = false)
    {
        _here.Write("nuke.json", $$"""
            {
              "name": "outside",
              "data": { "t": {{dataset}} }{{(remote ? $", \"store\": {{ \"remotes\": [\"{_share.At("store")}\"] }}" : "")}}
            }
            """);
        _here.Write(".gitignore", ".mlops/\ndata/\n");
    }

    private string Sourced(string file, string more = "") => $$"""{ "path": "data/t.csv", "source": "{{_server.At(file)}}"{{more}} }""";

    private void Pin(string message, string text)
    {
        _here.Write("data/t.csv", text);
        _here.Run("Train").Expect(0);
        Commit(message);
    }

    private void Commit(string message)
    {
        _here.Git("init", "-q");
        _here.Git("add", ".");
        _here.Git("commit", "-qm", message);
    }

    private Workspace Clone()
    {
        var clone = new Workspace();
        clone.Git("clone", "-q", _here.Root, ".");
        return clone;
    }

    private static string[] Files(Workspace workspace) =>
        [.. Directory.EnumerateFiles(workspace.At("data/photos"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(workspace.At("data/photos"), file)).Order(StringComparer.Ordinal)];

    private static string[] Statuses(Ran ran) => [.. ran.Json["steps"]!.AsArray().Select(step => (string)step!["status"]!)];

    private static string Said(Ran ran) => string.Join(' ', ran.Output.TrimEnd().Split('\n')[^1].Split(' ')[4..]);
}
