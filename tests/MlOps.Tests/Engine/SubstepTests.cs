using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>Steps that a running step has of its own.</summary>
public sealed class SubstepTests : IDisposable
{
    private readonly ToyWorkspace _workspace = new();
    private readonly List<IReadOnlyList<string>> _results = [];

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_substep_runs_once_and_stands_in_no_lock()
    {
        Owner([1, 2, 3]);
        Assert.Equal("a sub/1 sub/2 sub/3", await _workspace.RanAsync(Step(1)));
        Assert.DoesNotContain("sub", _workspace.LockText, StringComparison.Ordinal);

        Owner([1, 2, 3, 4]);
        Assert.Equal("a sub/4", await _workspace.RanAsync(Step(4)));
        Assert.Equal(_results[0], _results[1].Take(3));
        Assert.Equal("", await _workspace.RanAsync(Step(4)));
    }

    [Fact]
    public async Task Two_substeps_that_are_the_same_run_once()
    {
        Owner([5, 5, 5, 5]);
        await _workspace.BuildAsync(new BuildOptions { Jobs = 4 }, Step(1));
        Assert.Single(_workspace.Ran, name => name.StartsWith("sub/", StringComparison.Ordinal));
        Assert.Single(_results.Single().Distinct());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Results_come_in_the_order_asked_for_and_no_more_run_at_once_than_jobs(int jobs)
    {
        Owner([.. Enumerable.Range(1, 20)]);
        var (running, most) = (0, 0);
        var before = _workspace.Executor.Before;
        _workspace.Executor.Before = (context, token) =>
        {
            if (context.Step.Name.Value.StartsWith("sub/", StringComparison.Ordinal))
            {
                lock (_results)
                {
                    most = Math.Max(most, ++running);
                }

                Thread.Yield();
                Interlocked.Decrement(ref running);
            }

            before!(context, token);
        };
        await _workspace.BuildAsync(new BuildOptions { Jobs = jobs }, Step(1), ToyWorkspace.Step("b"), ToyWorkspace.Step("c"));
        Assert.InRange(most, 1, jobs);
        Assert.Equal(Enumerable.Range(1, 20).Select(number => Record(number)), _results.Single());
    }

    [Fact]
    public async Task A_failed_substep_fails_its_owner_and_keeps_the_others()
    {
        Owner([1, 2]);
        Failing("sub/2");
        var failed = await _workspace.BuildAsync(new BuildOptions { Jobs = 1 }, Step(1));
        Assert.Equal("TOY1", Assert.Single(failed.Diagnostics).Code);
        Owner([1, 2]);
        Assert.Equal("a sub/2", await _workspace.RanAsync(Step(1)));
    }

    [Fact]
    public async Task Forcing_the_owner_runs_its_substeps_again()
    {
        Owner([1, 2]);
        await _workspace.BuildAsync(Step(1));
        await _workspace.BuildAsync(new BuildOptions { Jobs = 1, Force = [StepName.Parse("a")] }, Step(1));
        Assert.Equal("a sub/1 sub/2", string.Join(' ', _workspace.Ran));
    }

    [Fact]
    public async Task After_a_cancellation_what_ended_is_kept()
    {
        Owner([1, 2, 3]);
        using var cancelled = new CancellationTokenSource();
        var before = _workspace.Executor.Before;
        _workspace.Executor.Before = (context, token) =>
        {
            if (context.Step.Name.Value == "sub/2")
            {
                cancelled.Cancel();
                token.ThrowIfCancellationRequested();
            }

            before!(context, token);
        };
        var result = await _workspace.Engine().BuildAsync(StepGraph.Create([Step(1)]), new BuildOptions { Jobs = 1 }, cancelled.Token);
        Assert.True(result.Cancelled);
        Owner([1, 2, 3]);
        Assert.Equal("a sub/2 sub/3", await _workspace.RanAsync(Step(1)));
    }

    private static Step Step(int parameter) => ToyWorkspace.Step("a", code: "owner", parameter: 2 * parameter);

    private static Step Part(int number) => ToyWorkspace.Step($"sub/{number}", parameter: 2 * number);

    private static string Record(int number) => Digest.Of(ToyExecutor.Text(Part(number), _ => "")).Hex;

    /// <summary>Lets step <c>a</c> run substeps with these numbers.</summary>
    private void Owner(int[] numbers) => _workspace.Executor.Before = (context, _) =>
    {
        if (context.Step.Name.Value == "a")
        {
            _results.Add([.. context.RunSubsteps(numbers.Select(Part)).Select(record => record.Outputs["out"].Hex)]);
        }
    };

    private void Failing(string step)
    {
        var before = _workspace.Executor.Before;
        _workspace.Executor.Before = (context, token) =>
        {
            before!(context, token);
            if (context.Step.Name.Value == step)
            {
                throw new DiagnosticException(new Diagnostic("TOY1", "it fails"));
            }
        };
    }
}
