using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Gc and Verify through the real command.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly Workspace _workspace = RunStepTests.Many(3);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Gc_keeps_what_branches_tags_stashes_and_the_working_tree_name_and_removes_the_rest()
    {
        _workspace.Write(".gitignore", ".mlops/\n");
        _workspace.Git("init", "-q", "-b", "main");
        Train("on main");
        Commit();
        _workspace.Git("checkout", "-q", "-b", "other");
        Train("on a branch");
        Commit();
        Train("tagged");
        Commit();
        _workspace.Git("tag", "-a", "v1", "-m", "v1");
        Train("in a commit that nothing names");
        Commit();
        _workspace.Git("reset", "-q", "--hard", "HEAD~2");
        Train("below another stash");
        _workspace.Git("stash", "-q");
        Train("stashed");
        _workspace.Git("stash", "-q");
        _workspace.Git("checkout", "-q", "main");
        Train("nowhere");
        Train("in the working tree");

        var planned = _workspace.Run("Gc --days 0 --dry-run --json").Expect(0).Json["kinds"]!["objects"]!;
        Assert.Equal(6, (int)planned["removed"]!);
        var done = _workspace.Run("Gc --days 0 --json").Expect(0).Json["kinds"]!;
        Assert.Equal((int)planned["removed"]!, (int)done["objects"]!["removed"]!);
        Assert.Equal(6, (int)done["records"]!["removed"]!);
        _workspace.Run("Verify").Expect(0);

        foreach (var text in (string[])["in the working tree", "on main", "on a branch", "tagged", "below another stash", "stashed"])
        {
            _workspace.Write("in.txt", text);
            Assert.DoesNotContain("ran", Statuses());
        }

        _workspace.Write("in.txt", "nowhere");
        Assert.Contains("ran", Statuses());
        Assert.Equal(0, (int)_workspace.Run("Gc --json").Expect(0).Json["kinds"]!["objects"]!["removed"]!);
    }

    [Fact]
    public void Gc_removes_nothing_that_a_lock_it_cannot_read_may_name()
    {
        _workspace.Write(".gitignore", ".mlops/\n");
        _workspace.Git("init", "-q", "-b", "main");
        Train("old");
        Train("new");
        var text = _workspace.Lock;
        _workspace.Write("data.lock.json", "<<<<<<< ours\n");
        Commit();
        _workspace.Write("data.lock.json", text);

        var ran = _workspace.Run("Gc --days 0 --json").Expect(0);

        Assert.Equal(0, (int)ran.Json["kinds"]!["objects"]!["removed"]!);
        Assert.Contains("MLO2141", ran.Errors, StringComparison.Ordinal);
        Assert.Contains("main", ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Gc_refuses_where_git_does_not_answer()
    {
        Train("one");
        _workspace.Write(".git", "gitdir: nowhere\n");
        Assert.Contains("MLO2140", _workspace.Run("Gc").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("objects")]
    [InlineData("records")]
    public void Verify_finds_what_is_damaged_sets_it_aside_and_the_next_build_makes_it_anew(string kind)
    {
        Train("one");
        _workspace.Run("Verify").Expect(0);
        var file = Directory.GetFiles(_workspace.At($".mlops/store/{kind}"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.Delete(file);
        File.WriteAllText(file, "other bytes");
        _workspace.Write(".mlops/store/objects/ab/stray", "");

        var found = _workspace.Run("Verify --dry-run").Expect(3).Output;
        Assert.Contains(Path.GetRelativePath(_workspace.At(".mlops/store"), file), found, StringComparison.Ordinal);
        Assert.Contains("objects/ab/stray", found, StringComparison.Ordinal);
        Assert.True(File.Exists(file));

        _workspace.Run("Verify").Expect(3);
        Assert.False(File.Exists(file));
        _workspace.Run("Train").Expect(0);
        Assert.Contains("nothing is wrong", _workspace.Run("Verify").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_holds_a_remote_against_the_lock()
    {
        _workspace.Replace("nuke.json", "\"steps\":", "\"store\": { \"remotes\": [ { \"url\": \"remote\", \"push\": true } ] }, \"steps\":");
        Train("one");
        var well = _workspace.Run("Verify --remote --json").Expect(0).Json["remotes"]![0]!;
        Assert.Equal((3, 3), ((int)well["records"]!, (int)well["objects"]!));
        var record = Directory.GetFiles(_workspace.At("remote/records"), "*", SearchOption.AllDirectories)[0];
        File.WriteAllText(record, "other bytes");
        Directory.Delete(_workspace.At("remote/objects"), recursive: true);

        var wrong = _workspace.Run("Verify --remote").Expect(3).Output;

        Assert.Contains("its bytes are not what their checksum says", wrong, StringComparison.Ordinal);
        Assert.Contains("is not there, though a record names it", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_reads_every_byte_of_a_remote_and_stores_again_what_is_wrong()
    {
        _workspace.Replace("nuke.json", "\"steps\":", "\"store\": { \"remotes\": [ { \"url\": \"remote\", \"push\": true } ] }, \"steps\":");
        Train("one");
        var damaged = Directory.GetFiles(_workspace.At("remote/objects"), "*", SearchOption.AllDirectories)[0];
        var whole = File.ReadAllBytes(damaged);
        File.Delete(damaged);
        File.WriteAllBytes(damaged, [(byte)(whole[0] ^ 1), .. whole[1..]]);

        Assert.Contains("has other bytes than its digest says\n", _workspace.Run("Verify --remote --dry-run").Expect(3).Output, StringComparison.Ordinal);
        Assert.Contains("it was stored there again", _workspace.Run("Verify --remote").Expect(3).Output, StringComparison.Ordinal);

        Assert.Equal(whole, File.ReadAllBytes(damaged));
        Assert.Contains("nothing is wrong", _workspace.Run("Verify --remote").Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Verify_names_what_is_wrong_in_a_remote_that_only_lets_itself_be_read()
    {
        Skip.IfNot(RegistryServer.Missing is null, RegistryServer.Missing);
        await using var registry = await RegistryServer.StartAsync();
        _workspace.Replace("nuke.json", "\"steps\":", $$"""
            "store": { "remotes": [ { "url": "oci://{{registry.Registry}}/cache", "push": true } ] }, "steps":
            """);
        Train("one");
        var stored = Directory.GetFiles(_workspace.At(".mlops/store/objects"), "*", SearchOption.AllDirectories)[0];
        var content = Path.GetFileName(Path.GetDirectoryName(stored)) + Path.GetFileName(stored);
        var blob = Directory.GetDirectories(registry.Storage, content, SearchOption.AllDirectories).Select(folder => Path.Join(folder, "data")).Single(File.Exists);
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes);
        await registry.RestartReadOnlyAsync();

        var ran = _workspace.Run("Verify --remote").Expect(3);

        Assert.Contains($"{content} has other bytes than its digest says\n", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("stored there again", ran.Output, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(blob));
    }

    private void Train(string text)
    {
        _workspace.Write("in.txt", text);
        _workspace.Run("Train").Expect(0);
    }

    private void Commit()
    {
        _workspace.Git("add", ".");
        _workspace.Git("commit", "-qm", "all");
    }

    private string Statuses() => string.Join(' ', _workspace.Run("Train --json").Expect(0).Json["steps"]!.AsArray().Select(step => (string)step!["status"]!));
}
