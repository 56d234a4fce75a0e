using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>What Package says of a package, as keys, commits and gates come and change; a remembered answer knows of each.</summary>
public sealed class AttestationTests : IDisposable
{
    private const string Model = "models/m/model.json";

    private readonly Workspace _workspace = new(), _home = new(), _empty = new();

    public AttestationTests()
    {
        _workspace.Write("nuke.json", """{ "name": "attested", "data": { "rows": { "path": "rows.csv" } } }""");
        _workspace.Write(".gitignore", ".mlops/\n");
        _workspace.Write("rows.csv", "a,y\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5}\n")));
        _workspace.Write(Model, """{ "task": "regression", "data": "rows", "label": "y", "features": { "a": "numeric" }, "trainer": { "name": "linear" }, "gate": { "rmse": { "max": 60 } } }""");
    }

    private string Keyless => $"XDG_CONFIG_HOME={_empty.Root}";

    public void Dispose()
    {
        _workspace.Dispose();
        _home.Dispose();
        _empty.Dispose();
    }

    [Fact]
    public void Another_key_repository_commit_or_gate_is_said_anew_though_nothing_was_trained()
    {
        Assert.Contains("yes, unsigned", Package(Keyless), StringComparison.Ordinal);
        Assert.Equal("it names no commit", Seen("provenance"));
        Assert.DoesNotContain("attested", _workspace.Run("Train", Keyless).Expect(0).Output, StringComparison.Ordinal);

        _workspace.Git("init", "--quiet", "--initial-branch=main");
        Assert.Contains("is not committed", Package(Keyless), StringComparison.Ordinal);
        var first = Commit();
        Assert.Contains("yes, unsigned", Package(Keyless), StringComparison.Ordinal);
        Assert.StartsWith($"commit {first}", Seen("provenance"), StringComparison.Ordinal);

        _workspace.Run("Keys --new", $"XDG_CONFIG_HOME={_home.Root}").Expect(0);
        Assert.Contains("yes, by ", Package($"XDG_CONFIG_HOME={_home.Root}"), StringComparison.Ordinal);
        Assert.Contains("yes, unsigned", Package(Keyless), StringComparison.Ordinal);

        _workspace.Replace(Model, "60", "70");
        Assert.Contains("yes, by ", Package($"XDG_CONFIG_HOME={_home.Root}"), StringComparison.Ordinal);
        Assert.Contains("rmse max 60", Seen("gate"), StringComparison.Ordinal);
        Commit();
        Assert.Contains("yes, by ", Package($"XDG_CONFIG_HOME={_home.Root}"), StringComparison.Ordinal);
        Assert.Contains("rmse max 70", Seen("gate"), StringComparison.Ordinal);
    }

    /// <summary>What Package says the second time: an answer that it remembers from then on.</summary>
    private string Package(string home)
    {
        _workspace.Run("Package", home).Expect(0);
        return _workspace.Run("Package", home).Expect(0).Output;
    }

    /// <summary>What checking the package saw of one kind of statement, of which there is one.</summary>
    private string Seen(string check) => (string)Assert.Single(_workspace.Run("Verify m --json").Expect(0).Json["checks"]!.AsArray(), one => (string?)one!["check"] == check)!["seen"]!;

    private string Commit()
    {
        _workspace.Git("add", "--all");
        _workspace.Git("commit", "--quiet", "--message=all");
        return _workspace.Start("git", ["rev-parse", "HEAD"]).Expect(0).Output[..12];
    }
}
