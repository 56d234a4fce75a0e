using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>What <c>Image --dry-run</c> says, where no engine and no network are asked.</summary>
public sealed class ImagePlanTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public ImagePlanTests()
    {
        _workspace.Write("nuke.json", """{ "name": "planned", "data": { "rows": { "path": "rows.csv" } } }""");
        _workspace.Write("rows.csv", "a,y\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5}\n")));
        _workspace.Write("models/m/model.json", """{ "task": "regression", "data": "rows", "label": "y", "features": { "a": "numeric" }, "trainer": { "name": "linear" } }""");
    }

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_dry_run_names_the_images_steps_which_Plan_does_not_and_makes_none()
    {
        _workspace.Run("Train").Expect(0);
        var (pinned, stored) = (_workspace.Lock, _workspace.CountFiles(".mlops/store"));
        Assert.DoesNotContain("m/image", _workspace.Run("Plan").Expect(0).Output, StringComparison.Ordinal);

        Assert.Contains("m/image", _workspace.Run("Image --dry-run --out images").Expect(0).Output, StringComparison.Ordinal);
        var changes = _workspace.Run("Image --dry-run --json").Expect(0).Json["steps"]!.AsArray();

        Assert.Contains(changes, step => (string?)step!["address"] == "m/image" && (string?)step["change"]!["actions"]![0] == "await");
        Assert.Equal((pinned, stored, false), (_workspace.Lock, _workspace.CountFiles(".mlops/store"), Directory.Exists(_workspace.At("images"))));
    }
}
