using System.Diagnostics;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;
using MlOps.Tests.Containers;

namespace MlOps.EndToEnd.Tests;

/// <summary>Remotes that are full, or that go away in the middle of a command: builds go on, nothing is lost, and the next command completes what was begun.</summary>
public sealed class LostRemoteTests : IDisposable
{
    private const int Steps = 40;

    private readonly Workspace _here = Big(), _share = new();

    private string Share => _share.At("mount/share");

    public void Dispose()
    {
        _here.Dispose();
        _share.Dispose();
    }

    [SkippableFact]
    public void A_full_remote_takes_what_it_can_and_the_rest_when_there_is_room()
    {
        Directory.CreateDirectory(Share);
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Mount("-t", "tmpfs", "-o", "size=256k", "none", Share), "a small disk cannot be mounted here");
        try
        {
            Declare(_here, Share);

            var trained = _here.Run("Train").Expect(0);
            AssertOnce("MLO8240 warning", trained.Errors);
            Assert.Equal(Steps, _here.CountFiles(".mlops/out"));
            var text = _here.Lock;
            var refused = _here.Run("Push").Expect(1);
            AssertOnce("MLO8240 error", refused.Errors);
            Assert.Contains("free some space there and run the same command again", refused.Errors, StringComparison.Ordinal);
            _here.Run("Verify").Expect(0);
            // What is there is right, if not all; and a clone makes the rest.
            Assert.DoesNotContain("checksum", _here.Run("Verify --remote").Output, StringComparison.Ordinal);
            using (var clone = Clone())
            {
                var cloned = clone.Run("Train --json").Expect(0);
                Assert.InRange(RunStepTests.Ran(cloned).Count, 1, Steps - 1);
                Assert.Equal(text, clone.Lock);
            }

            Assert.True(Mount("-o", "remount,size=4m", Share));
            _here.Run("Push").Expect(0);
            AssertComplete();
        }
        finally
        {
            using var unmount = Process.Start("umount", [Share]);
            unmount.WaitForExit();
        }
    }

    [SkippableTheory]
    [InlineData("Train")]
    [InlineData("Push")]
    public async Task A_registry_that_cannot_be_reached_any_more_while_it_is_filled_gets_the_rest_later(string target)
    {
        Skip.IfNot(RegistryServer.Missing is null, RegistryServer.Missing);
        await using var registry = await RegistryServer.StartAsync();
        // Not killed: docker-registry may then leave a torn file, for which it answers 500 ever after.
#pragma warning disable CA2000 // Disposing of it is what happens in the middle.
        var proxy = new BreakingProxy(registry.Registry);
#pragma warning restore CA2000
        var address = proxy.Registry;
        Declare(_here, $"oci://{address}/cache", push: target == "Train");
        if (target == "Push")
        {
            _here.Run("Train").Expect(0);
        }

        var blobs = Path.Join(registry.Storage, "docker/registry/v2/blobs");
        var lost = Task.CompletedTask;
        var ran = _here.During(target, () => Count(blobs) > 0, _ => lost = proxy.DisposeAsync().AsTask());
        await lost;

        AssertLost(target, ran);
        Assert.InRange(Count(blobs), 1, Steps);
        Assert.Equal(Steps, _here.CountFiles(".mlops/out"));
        _here.Replace("nuke.json", address, registry.Registry);
        Assert.Empty(RunStepTests.Ran(_here.Run("Train --json").Expect(0)));
        _here.Run("Push").Expect(0);
        AssertComplete();
    }

    [SkippableFact]
    public async Task A_registry_that_dies_while_a_clone_fetches_from_it_is_done_without()
    {
        Skip.IfNot(RegistryServer.Missing is null, RegistryServer.Missing);
        await using var registry = await RegistryServer.StartAsync();
        Declare(_here, $"oci://{registry.Registry}/cache");
        _here.Run("Train").Expect(0);
        await AssertClonedAsync(() => registry.StopAsync());

        // Pull has nobody to make what it does not get.
        await registry.RestartAsync();
        using var clone = Clone();
        var stopped = Task.CompletedTask;
        var pulled = clone.During("Pull", () => clone.CountFiles(".mlops/store/objects") > 0, _ => stopped = registry.StopAsync());
        await stopped;
        AssertOnce("MLO8[12]..", pulled.Expect(1).Errors);
        await registry.RestartAsync();
        clone.Run("Pull").Expect(0);
        Assert.Empty(RunStepTests.Ran(clone.Run("Train --json").Expect(0)));
    }

    [Theory]
    [InlineData("Train", "removed")]
    [InlineData("Train", "unmounted")]
    [InlineData("Push", "removed")]
    [InlineData("Push", "unmounted")]
    public void A_folder_that_goes_away_while_it_is_filled_gets_it_all_later(string target, string how)
    {
        Directory.CreateDirectory(_share.At("mount"));
        Declare(_here, Share, push: target == "Train");
        if (target == "Push")
        {
            _here.Run("Train").Expect(0);
        }

        var ran = _here.During(target, () => Count(Path.Join(Share, "objects")) > 0, _ =>
        {
            if (how == "removed")
            {
                Directory.Move(Share, _share.At("gone"));
            }
            else
            {
                Directory.Move(_share.At("mount"), _share.At("gone"));
            }
        });

        // A folder that is gone is an empty remote: whoever pushes makes it again.
        Assert.True(how == "removed" ? ran.Exit is 0 or 1 : ran.Exit == (target == "Train" ? 0 : 1), $"exit {ran.Exit}\n{ran.Errors}");
        if (how == "unmounted")
        {
            AssertLost(target, ran);
            // What a writer in full flight still put where the share was is hidden when it is mounted again.
            if (Directory.Exists(_share.At("mount")))
            {
                Directory.Delete(_share.At("mount"), recursive: true);
            }

            Directory.Move(_share.At("gone"), _share.At("mount"));
        }

        Assert.Equal(Steps, _here.CountFiles(".mlops/out"));
        Assert.Empty(RunStepTests.Ran(_here.Run("Train --json").Expect(0)));
        _here.Run("Push").Expect(0);
        AssertComplete();
    }

    [Fact]
    public async Task A_folder_that_goes_away_while_a_clone_fetches_from_it_is_done_without()
    {
        Directory.CreateDirectory(_share.At("mount"));
        Declare(_here, Share);
        _here.Run("Train").Expect(0);
        await AssertClonedAsync(() =>
        {
            Directory.Move(_share.At("mount"), _share.At("gone"));
            return Task.CompletedTask;
        });
    }

    /// <summary>A clone whose remote goes away while it trains makes the same without.</summary>
    private async Task AssertClonedAsync(Func<Task> lose)
    {
        using var clone = Clone();
        var lost = Task.CompletedTask;
        var trained = clone.During("Train --json", () => clone.CountFiles(".mlops/store/objects") > 0, _ => lost = lose()).Expect(0);
        await lost;

        Assert.InRange(RunStepTests.Ran(trained).Count, 1, Steps - 1);
        AssertOnce("MLO8[12]..", trained.Errors);
        Assert.Equal(_here.Lock, clone.Lock);
        Assert.Equal(Steps, clone.CountFiles(".mlops/out"));
        clone.Run("Verify").Expect(0);
        Assert.Empty(RunStepTests.Ran(clone.Run("Train --json").Expect(0)));
    }

    /// <summary>The remote has all that the lock names, and a clone runs nothing.</summary>
    private void AssertComplete()
    {
        var remote = _here.Run("Verify --remote --json").Expect(0).Json["remotes"]![0]!;
        Assert.Equal((Steps, Steps), ((int)remote["records"]!, (int)remote["objects"]!));
        using var clone = Clone();
        Assert.Empty(RunStepTests.Ran(clone.Run("Train --json").Expect(0)));
        Assert.Equal(_here.Lock, clone.Lock);
    }

    private static void AssertLost(string target, Ran ran)
    {
        ran.Expect(target == "Train" ? 0 : 1);
        AssertOnce(target == "Train" ? "MLO8[12].. warning" : "MLO8[12].. error", ran.Errors);
    }

    private static void AssertOnce(string pattern, string errors) =>
        Assert.True(System.Text.RegularExpressions.Regex.Count(errors, pattern) == 1, errors);

    private static void Declare(Workspace workspace, string url, bool push = true) =>
        workspace.Replace("nuke.json", "\"steps\":", $"\"store\": {{ \"remotes\": [ {{ \"url\": \"{url}\", \"push\": {(push ? "true" : "false")} }} ] }}, \"steps\":");

    /// <summary>Steps that each write 16 kB of their own.</summary>
    private static Workspace Big() => RunStepTests.Steps(string.Join(",\n", Enumerable.Range(0, Steps).Select(i =>
        $$"""  "s{{i}}": { "run": ["sh", "-c", "cat in.txt > o{{i}}.txt; seq {{i}}000000 {{i}}002000 >> o{{i}}.txt"], "reads": ["in.txt"], "writes": ["o{{i}}.txt"] }""")));

    private Workspace Clone()
    {
        var clone = new Workspace();
        foreach (var file in (string[])["nuke.json", "data.lock.json", "in.txt", "more.txt"])
        {
            File.Copy(_here.At(file), clone.At(file));
        }

        return clone;
    }

    private static int Count(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true }).Length : 0;

    private static bool Mount(params string[] arguments)
    {
        using var mount = Process.Start("mount", arguments);
        mount.WaitForExit();
        return mount.ExitCode == 0;
    }
}
