using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

public sealed class OnDemandTests : IDisposable
{
    private readonly ToyWorkspace _workspace = new();

    public OnDemandTests() => _workspace.Write("data.csv", "1");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_build_without_targets_leaves_it_out()
    {
        Assert.Equal("a", await _workspace.RanAsync(Steps()));
        Assert.True(_workspace.Plan(Steps()).IsUpToDate);
        Assert.DoesNotContain("\"image\"", _workspace.LockText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_names_it_runs_it_and_all_that_it_reads()
    {
        await BuildAsync(Steps());
        Assert.Equal(["a", "base", "image"], _workspace.Ran.Order(StringComparer.Ordinal));
        await BuildAsync(Steps());
        Assert.Empty(_workspace.Ran);
    }

    [Fact]
    public async Task The_lock_keeps_it_while_it_would_be_the_same()
    {
        await BuildAsync(Steps());
        var locked = _workspace.LockText;
        Assert.Equal("", await _workspace.RanAsync(Steps()));
        Assert.Equal(locked, _workspace.LockText);
        // Another parameter, the same output.
        Assert.Equal("a", await _workspace.RanAsync(Steps(parameter: 3)));
        Assert.Contains("\"image\"", _workspace.LockText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("what it reads changed")]
    [InlineData("its code changed")]
    [InlineData("what it reads on demand changed")]
    public async Task The_lock_loses_it_when_it_would_be_another(string change)
    {
        await BuildAsync(Steps());
        var changed = change switch
        {
            "what it reads changed" => Steps(parameter: 4),
            "its code changed" => Steps(image: "c2"),
            _ => Steps(basis: "c2"),
        };
        await _workspace.RanAsync(changed);
        Assert.DoesNotContain("\"image\"", _workspace.LockText, StringComparison.Ordinal);
        Assert.Equal(change == "what it reads on demand changed", !_workspace.LockText.Contains("\"base\"", StringComparison.Ordinal));
        await BuildAsync(changed);
        Assert.Contains("\"image\"", _workspace.LockText, StringComparison.Ordinal);
        // Back again, it comes from the store.
        await BuildAsync(Steps());
        Assert.Empty(_workspace.Ran);
    }

    [Fact]
    public async Task Facts_that_follow_from_the_lock_stand_in_it()
    {
        var options = new BuildOptions { Conclude = draft => draft.Owners.Contains("models/m") ? [new("models/m", "count", JsonValue.Create(draft.Addresses.Count()))] : [] };
        var result = await _workspace.BuildAsync(options, Steps());
        Assert.Equal(1, (int)result.Lock.Fact("models/m", "count")!);
        Assert.Contains("\"count\": 1", _workspace.LockText, StringComparison.Ordinal);
        Assert.True((await _workspace.BuildAsync(options, Steps())).WasUpToDate);
        Assert.False((await _workspace.BuildAsync(options with { Conclude = null }, Steps())).WasUpToDate);
    }

    private static Step[] Steps(int parameter = 2, string image = "c1", string basis = "c1") =>
    [
        Step("a", "data.csv", parameter: parameter),
        Step("base", code: basis) with { OnDemand = true },
        Step("image", "a base", code: image) with { OnDemand = true },
    ];

    private Task<BuildResult> BuildAsync(Step[] steps) => _workspace.BuildAsync(new BuildOptions { Jobs = 2, Targets = [StepName.Parse("image")] }, steps);
}
