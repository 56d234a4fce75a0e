using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>What people get wrong about packages and images: each is told what, why and how to mend it, before anything is made, and nothing is left behind.</summary>
public sealed class ImageMessageTests : IClassFixture<ImageMessageTests.Declared>
{
    private readonly Workspace _workspace;

    public ImageMessageTests(Declared declared) => _workspace = declared.Workspace;

    [Theory]
    [InlineData("Verify nosuch", "MLO2031", "there is no step, package or file 'nosuch'", "oci://HOST/REPOSITORY:TAG")]
    [InlineData("Verify nosuch.tar", "MLO2031", "there is no step, package or file 'nosuch.tar'", "FILE.tar")]
    [InlineData("Verify nosuch@1.0.0", "MLO2030", "there is no model or file 'nosuch'", "MODEL@VERSION")]
    [InlineData("Inspect nosuch", "MLO2030", "there is no model or file 'nosuch'", "there is only m")]
    [InlineData("Push", "MLO2098", "there is no remote", "\"registry\"")]
    [InlineData("Image --load", "MLO8141", "there is no such socket", "DOCKER_HOST")]
    [InlineData("Image --out nuke.json", "MLO2313", "the archive cannot be written", "a file stands where the folder is to be")]
    [InlineData("Image --out m.tar", "MLO2313", "the archive cannot be written", "a folder has that name")]
    public void It_is_told(string command, string code, params string[] told)
    {
        var ran = _workspace.Run(command, $"DOCKER_HOST=unix://{_workspace.At("none.sock")}").Expect(1);
        Assert.StartsWith($"{code} error: ", ran.Errors, StringComparison.Ordinal);
        Assert.All([.. told, "  why: ", "  mend: "], word => Assert.Contains(word, ran.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        Assert.Equal(["nuke.json", "rows.csv"], Directory.GetFiles(_workspace.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(_workspace.At(".mlops/store/records")));
    }

    /// <summary>A workspace with one model, of which nothing was made.</summary>
    public sealed class Declared : IDisposable
    {
        public Declared()
        {
            Workspace.Write("nuke.json", """{ "name": "city", "data": { "rows": { "path": "rows.csv" } } }""");
            Workspace.Write("models/m/model.json", """{ "task": "regression", "data": "rows", "label": "y", "features": { "x": "numeric" }, "trainer": { "name": "linear" } }""");
            Workspace.Write("rows.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i},{i % 7}\n")));
            Directory.CreateDirectory(Workspace.At("m.tar"));
        }

        internal Workspace Workspace { get; } = new();

        public void Dispose() => Workspace.Dispose();
    }
}
