using MlOps.Content;
using MlOps.Engine;
using MlOps.Remotes;
using MlOps.Tests.Content;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

/// <summary>Two machines that share a folder as their remote.</summary>
public sealed class RemoteBuildTests : IDisposable
{
    private static readonly Step[] Chain = [Step("a", "data.csv"), Step("b", "a", facts: "size"), Step("c", "b"), Step("d", "data.csv")];

    private readonly TemporaryFolder _remote = new();
    private readonly ToyWorkspace _here = new();
    private readonly ToyWorkspace _there = new();
    private readonly List<Diagnostic> _warnings = [];

    public RemoteBuildTests()
    {
        _here.Write("data.csv", "1");
        _there.Write("data.csv", "1");
    }

    public void Dispose()
    {
        _remote.Dispose();
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task A_fresh_clone_with_a_filled_remote_executes_nothing_and_keeps_its_lock()
    {
        await BuildAsync(_here, Chain, push: true);
        _there.Write(BuildEngine.LockName, _here.LockText);
        var result = await BuildAsync(_there, Chain);
        Assert.Empty(_there.Ran);
        Assert.All(result.Steps, step => Assert.Equal(StepStatus.Restored, step.Status));
        Assert.False(result.LockWritten);
        Assert.True((await _there.BuildAsync(Chain)).WasUpToDate);
    }

    [Fact]
    public async Task A_clone_without_the_lock_restores_by_what_the_remote_says_of_fingerprints()
    {
        await BuildAsync(_here, Chain, push: true);
        await BuildAsync(_there, Chain);
        Assert.Empty(_there.Ran);
        Assert.Equal(_here.LockText, _there.LockText);
    }

    [Fact]
    public async Task An_untrusted_remote_gives_what_the_lock_names_and_is_believed_nothing_else()
    {
        await BuildAsync(_here, Chain, push: true);
        await BuildAsync(_there, Chain, trust: false);
        Assert.Equal("a b c d", string.Join(' ', _there.Ran.Order(StringComparer.Ordinal)));
        using var third = new ToyWorkspace();
        third.Write("data.csv", "1");
        third.Write(BuildEngine.LockName, _here.LockText);
        await BuildAsync(third, Chain, trust: false);
        Assert.Empty(third.Ran);
    }

    [Fact]
    public async Task Only_what_no_machine_has_built_yet_runs()
    {
        await BuildAsync(_here, Chain, push: true);
        await BuildAsync(_there, [Step("a", "data.csv"), Step("b", "a", parameter: 8, facts: "size"), Step("c", "b"), Step("d", "data.csv")]);
        Assert.Equal("b c", string.Join(' ', _there.Ran.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_damaged_local_object_comes_back_from_the_remote()
    {
        var built = await BuildAsync(_here, Chain, push: true);
        var store = _here.Engine().Store;
        var damaged = store.PathOf(built.Steps.Single(step => step.Step.Name.Value == "b").Result!.Outputs["out"]);
        File.Delete(damaged);
        await File.WriteAllTextAsync(damaged, "other");
        await BuildAsync(_here, [.. Chain, Step("e", "b", parameter: 8)]);
        Assert.Equal("e", string.Join(' ', _here.Ran));
    }

    [Fact]
    public async Task A_damaged_remote_object_is_named_and_built_again()
    {
        var built = await BuildAsync(_here, Chain, push: true);
        var content = built.Steps.Single(step => step.Step.Name.Value == "b").Result!.Outputs["out"];
        await File.WriteAllTextAsync(Path.Join(_remote.Root, $"objects/{content.Hex[..2]}/{content.Hex[2..]}"), "other");
        _there.Write(BuildEngine.LockName, _here.LockText);
        await BuildAsync(_there, Chain);
        Assert.Equal("b", string.Join(' ', _there.Ran));
        Assert.Equal(_here.LockText, _there.LockText);
        Assert.Contains(_warnings, warning => warning.Code == "MLO1121" && warning.What.Contains(content.Hex, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_remote_that_is_gone_is_told_once_and_everything_is_built_here()
    {
        await using var remotes = Remotes(_there, push: true, trust: true, Path.Join(_remote.Root, "unmounted", "store"));
        var result = await _there.BuildAsync(new BuildOptions { Jobs = 2, Remote = remotes }, Chain);
        Assert.True(result.Succeeded);
        Assert.Equal("MLO8202", Assert.Single(_warnings).Code);
    }

    [Fact]
    public async Task A_remote_that_vanishes_in_the_middle_of_a_build_loses_nothing_and_gets_it_all_from_the_next()
    {
        await BuildAsync(_here, Chain, push: true);
        _here.Executor.Before = (context, _) =>
        {
            if (context.Step.Name.Value == "b")
            {
                _remote.Delete("objects");
                _remote.Write("objects", "no folder any more");
            }
        };
        Step[] changed = [Step("a", "data.csv", parameter: 8), Step("b", "a", facts: "size"), Step("c", "b"), Step("d", "data.csv")];
        Assert.True((await BuildAsync(_here, changed, push: true)).Succeeded);
        Assert.NotEmpty(_warnings);
        Assert.True((await _here.BuildAsync(changed)).WasUpToDate);
        _here.Executor.Before = null;
        File.Delete(Path.Join(_remote.Root, "objects"));

        await BuildAsync(_here, [Step("a", "data.csv", parameter: 12), .. changed[1..]], push: true);

        _there.Write(BuildEngine.LockName, _here.LockText);
        await BuildAsync(_there, [Step("a", "data.csv", parameter: 12), .. changed[1..]]);
        Assert.DoesNotContain("a", _there.Ran);
    }

    [Fact]
    public async Task The_plan_counts_what_the_remote_has_as_restored_and_fetches_nothing()
    {
        await BuildAsync(_here, Chain, push: true);
        _there.Write(BuildEngine.LockName, _here.LockText);
        await using var remotes = Remotes(_there, push: false, trust: true);
        var plan = await _there.Engine().PlanAsync(StepGraph.Create(Chain), new() { Remote = remotes });
        Assert.All(plan.Steps, step => Assert.Equal(PlannedAction.Restore, step.Action));
        Assert.False(Directory.Exists(_there.PathOf(".mlops/store/objects")));
    }

    private async Task<BuildResult> BuildAsync(ToyWorkspace workspace, Step[] steps, bool push = false, bool trust = true)
    {
        await using var remotes = Remotes(workspace, push, trust);
        return await workspace.BuildAsync(new BuildOptions { Jobs = 2, Remote = remotes }, steps);
    }

    private RemoteCache Remotes(ToyWorkspace workspace, bool push, bool trust, string? folder = null)
    {
#pragma warning disable CA2000 // The cache disposes of it.
        var link = new RemoteLink(MlOps.Remotes.Remotes.Open(new(folder ?? _remote.Root), workspace.Root)) { PushesAtOnce = push, IsTrusted = trust };
#pragma warning restore CA2000
        return new(workspace.Engine().Store, [link], _warnings.Add);
    }
}
