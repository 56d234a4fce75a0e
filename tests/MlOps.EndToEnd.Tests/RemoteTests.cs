using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Machines that share their results through a remote.</summary>
public sealed class RemoteTests : IDisposable
{
    private readonly Workspace _remote = new();
    private readonly Workspace _here = Workspace.OfSamples();

    public RemoteTests() => _here.Replace("nuke.json", "\"environments\"", $$"""
        "store": { "remotes": [ { "url": "{{_remote.At("store")}}", "push": true } ] },
          "environments"
        """);

    public void Dispose()
    {
        _here.Dispose();
        _remote.Dispose();
    }

    [Fact]
    public void A_fresh_clone_with_a_filled_remote_trains_nothing_and_has_the_same_lock()
    {
        _here.Write(".gitignore", ".mlops/\n");
        _here.Run("Train").Expect(0);
        _here.Git("init", "-q");
        _here.Git("add", ".");
        _here.Git("commit", "-qm", "all");
        using var clone = new Workspace();
        clone.Git("clone", "-q", _here.Root, ".");
        Assert.Contains("restore", clone.Run("Plan").Expect(2).Output, StringComparison.Ordinal);
        var trained = clone.Run("Train --json").Expect(0).Json;
        Assert.All(trained["steps"]!.AsArray(), step => Assert.Equal("restored", (string?)step!["status"]));
        Assert.False((bool)trained["lockWritten"]!);
        Assert.Equal(_here.Lock, clone.Lock);
        Assert.Equal("", clone.Start("git", ["status", "--porcelain"]).Expect(0).Output);
        Assert.True(File.Exists(clone.At(".mlops/out/churn/model.onnx")));

        File.Delete(clone.At("data.lock.json"));
        Directory.Delete(clone.At(".mlops"), recursive: true);
        trained = clone.Run("Train --json").Expect(0).Json;
        Assert.All(trained["steps"]!.AsArray(), step => Assert.Equal("restored", (string?)step!["status"]));
        Assert.Equal(_here.Lock, clone.Lock);
    }

    [Fact]
    public void A_remote_that_is_gone_warns_and_the_build_goes_on_without_it()
    {
        _here.Replace("nuke.json", _remote.At("store"), _remote.At("unmounted/store"));
        var trained = _here.Run("Train").Expect(0);
        Assert.Contains("MLO8202 warning", trained.Errors, StringComparison.Ordinal);
        Assert.Contains("train", trained.Output, StringComparison.Ordinal);
    }
}
