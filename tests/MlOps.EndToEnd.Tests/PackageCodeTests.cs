using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Packages of models with C#: what is written otherwise and computes the same is the same package.</summary>
public sealed class PackageCodeTests : IDisposable
{
    private const string Code = "models/m/M.cs";

    private readonly Workspace _workspace = new();

    public PackageCodeTests()
    {
        _workspace.Write("nuke.json", """{ "name": "coded", "data": { "rows": { "path": "rows.csv" } } }""");
        _workspace.Write(".gitignore", ".mlops/\n");
        _workspace.Write("rows.csv", "a,y\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5}\n")));
        _workspace.Write("models/m/model.json", """
            { "task": "regression", "data": "rows", "label": "y", "trainer": { "name": "linear" },
              "features": { "a": "numeric", "square": { "kind": "numeric", "code": "M.Square", "from": ["a"] } } }
            """);
        _workspace.Write(Code, """
            public static class M
            {
                public static double Square(double a)
                {
                    var times = a * a;
                    return times;
                }
            }
            """);
        _workspace.Git("init", "--quiet", "--initial-branch=main");
    }

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_comment_or_a_locals_name_changes_no_byte_and_another_result_makes_a_minor_version()
    {
        var first = Package();
        _workspace.Git("add", "--all");
        _workspace.Git("commit", "--quiet", "--message=first");

        _workspace.Replace(Code, "var times", "// how large it is\n        var times");
        Assert.Equal(first, Package());
        _workspace.Replace(Code, "times", "product");
        Assert.Equal(first, Package());

        _workspace.Replace(Code, "a * a", "a * a * a");
        Assert.Equal("1.1.0", Package().Version);
    }

    private (string? Version, string? Digest) Package()
    {
        var package = _workspace.Run("Package --json").Expect(0).Json["packages"]![0]!;
        return ((string?)package["version"], (string?)package["digest"]);
    }
}
