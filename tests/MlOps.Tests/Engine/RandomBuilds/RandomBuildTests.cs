using System.Globalization;
using System.Text;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine.RandomBuilds;

/// <summary>Random graphs and edits: every build ends with the bytes of a build from scratch, and executes exactly what content requires. As Shake is tested.</summary>
/// <remarks><c>MLOPS_TEST_SEED=N</c> runs one seed.</remarks>
public sealed class RandomBuildTests
{
    private static readonly int s_blocks = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 80 : 6;
    private const int SeedsPerBlock = 25;

    public static TheoryData<int> Blocks =>
        Environment.GetEnvironmentVariable("MLOPS_TEST_SEED") is { Length: > 0 } ? [-1] : [.. Enumerable.Range(0, s_blocks)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task Builds_give_the_bytes_of_a_build_from_scratch_and_execute_exactly_what_content_requires(int block)
    {
        var first = block < 0 ? int.Parse(Environment.GetEnvironmentVariable("MLOPS_TEST_SEED")!, CultureInfo.InvariantCulture) : block * SeedsPerBlock;
        for (var seed = first; seed < (block < 0 ? first + 1 : first + SeedsPerBlock); seed++)
        {
            using var run = new RandomBuild(seed);
            try
            {
                await run.RunAsync();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed} (MLOPS_TEST_SEED={seed}): {failure.Message}\nwhat happened before:\n{run.Story}", failure);
            }
        }
    }
}

/// <summary>One random workspace, built and edited in turns.</summary>
internal sealed class RandomBuild : IDisposable
{
    private const int Rounds = 9;
    private const string MirrorKey = "random";

    private readonly Random _random;
    private readonly RandomWorkspace _workspace;
    private readonly RandomEdits _edits;
    private readonly StringBuilder _story = new();
    private readonly Dictionary<string, string> _locks = [];

    public RandomBuild(int seed)
    {
        _random = new(seed);
        _workspace = new(RandomWorldMaker.Make(_random));
        _edits = new(_random, _workspace);
        _story.AppendLine(_workspace.World.ToString());
    }

    public string Story => _story.ToString();

    private BuildMemory Memory => _workspace.Memory;

    public async Task RunAsync()
    {
        for (var round = 0; round < Rounds; round++)
        {
            _story.AppendLine(CultureInfo.InvariantCulture, $"round {round}");
            await BuildAsync();
            for (var edits = _random.Next(1, 4); edits > 0; edits--)
            {
                if (_random.Next(4) == 0)
                {
                    _workspace.Age();
                }

                _story.AppendLine(_edits.Edit());
            }
        }
    }

    public void Dispose() => _workspace.Dispose();

    private async Task BuildAsync()
    {
        var graph = _workspace.Graph();
        using var source = new CancellationTokenSource();
        var plain = _random.Next(3) > 0;
        var options = new BuildOptions { Jobs = _random.Next(1, 5), KeepGoing = _random.Next(2) == 0 };
        options = plain ? options : options with
        {
            ForceAll = _random.Next(6) == 0,
            Force = _random.Next(4) == 0 ? [graph.Steps[_random.Next(graph.Steps.Count)].Name] : [],
            Targets = _random.Next(3) == 0 ? [graph.Steps[_random.Next(graph.Steps.Count)].Name] : null,
        };
        _workspace.Cancel = plain || _random.Next(3) > 0 ? null : (_random.Next(1, 6), source);
        var engine = _workspace.Engine(fresh: _random.Next(2) == 0, rehash: _random.Next(5) == 0);
        var expected = Memory.Expect(_workspace.World, Order(graph, options), options.ForceAll, options.Force.FirstOrDefault().Value is { Length: > 0 } forced ? forced : null);
        _story.AppendLine(CultureInfo.InvariantCulture, $"build jobs {options.Jobs} keep going {options.KeepGoing} force {options.ForceAll} {string.Join(' ', options.Force)} targets {string.Join(' ', options.Targets ?? [])} cancel at {_workspace.Cancel?.At}, requires {string.Join(' ', expected.Runs)}");
        var lockBefore = _workspace.LockText;
        _workspace.Ran.Clear();
        if (expected.MissesFile)
        {
            var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => engine.BuildAsync(graph, options, source.Token));
            Assert.All(thrown.Diagnostics, diagnostic => Assert.Equal("MLO3005", diagnostic.Code));
            Assert.Empty(_workspace.Ran);
            Assert.Equal(lockBefore, _workspace.LockText);
            return;
        }

        CheckPlan(await engine.PlanAsync(graph, options, source.Token), expected);
        CheckMirror(plain, expected);
        var result = await engine.BuildAsync(graph, options, source.Token);
        CheckRuns(result, options, expected);
        Memory.Begin(expected);
        foreach (var outcome in result.Steps.Where(outcome => outcome.Status == StepStatus.Ran))
        {
            Memory.Publish(expected.Results[outcome.Step.Name.Value]);
        }

        if (!result.Succeeded)
        {
            Assert.True(expected.Failing.Count > 0 || result.Cancelled, string.Join('\n', result.Diagnostics));
            Assert.Equal(lockBefore, _workspace.LockText);
            return;
        }

        Memory.WriteLock(_workspace.World, expected);
        CheckBytes(result, expected);
        if (options.Targets is null)
        {
            await CheckNothingToDoAsync(graph);
            _edits.Remember();
        }
    }

    private List<RandomStep> Order(StepGraph graph, BuildOptions options)
    {
        var all = graph.Steps.Select(step => _workspace.World.Steps.Find(known => known.Name == step.Name.Value)!).ToList();
        if (options.Targets is null)
        {
            return all;
        }

        var wanted = options.Targets.Select(name => name.Value).ToHashSet();
        foreach (var step in Enumerable.Reverse(all).Where(step => wanted.Contains(step.Name)))
        {
            wanted.UnionWith(step.Inputs.Values.Where(input => input.Path is null).Select(input => _workspace.World.Find(input.Producer).Name));
        }

        return all.FindAll(step => wanted.Contains(step.Name));
    }

    private static void CheckPlan(BuildPlan plan, ExpectedBuild expected)
    {
        foreach (var step in plan.Steps.Where(step => step.Action != PlannedAction.Await))
        {
            Assert.True(step.Action == PlannedAction.Run == expected.Runs.Contains(step.Step.Name.Value), $"the plan says {step.Action} of {step.Step.Name}");
        }
    }

    /// <summary>What a remembered "nothing to do" says is what the build would find.</summary>
    private void CheckMirror(bool plain, ExpectedBuild expected)
    {
        if (plain && BuildMirror.TryAnswer(_workspace.Root, MirrorKey) is { } answer)
        {
            _story.AppendLine("the mirror answers");
            Assert.Empty(expected.Runs);
            Assert.Equal(_workspace.LockText, Encoding.UTF8.GetString(answer));
        }
    }

    private void CheckRuns(BuildResult result, BuildOptions options, ExpectedBuild expected)
    {
        var ran = _workspace.Ran;
        Assert.Equal(ran.Distinct(), ran);
        Assert.Empty(ran.Except(expected.Runs));
        Assert.Equal(ran.Order(), result.Steps.Where(step => step.Status is StepStatus.Ran or StepStatus.Failed || (step.Status == StepStatus.Skipped && ran.Contains(step.Step.Name.Value))).Select(step => step.Step.Name.Value).Order());
        var stops = _workspace.Cancel?.At <= expected.Runs.Count || (expected.Failing.Count > 0 && !options.KeepGoing);
        if (!stops)
        {
            Assert.Equal(expected.Runs.Order(), ran.Order());
        }
        else if (options.Jobs == 1)
        {
            // One after the other, producers first: what is before the stop ran, nothing after it did.
            var failure = options.KeepGoing ? int.MaxValue : expected.Runs.FindIndex(expected.Failing.Contains) is >= 0 and var at ? at + 1 : int.MaxValue;
            Assert.Equal(expected.Runs.Take(Math.Min(failure, _workspace.Cancel?.At ?? int.MaxValue)), ran);
        }

        var failed = result.Steps.Where(step => step.Status == StepStatus.Failed).Select(step => step.Step.Name.Value);
        Assert.Empty(failed.Except(expected.Failing));
    }

    private void CheckBytes(BuildResult result, ExpectedBuild expected)
    {
        var pinned = LockFile.Read(_workspace.LockPath);
        Assert.Equal(expected.Order.Select(step => step.Name), result.Steps.Select(step => step.Step.Name.Value));
        foreach (var outcome in result.Steps)
        {
            var naive = expected.Results[outcome.Step.Name.Value].Outputs;
            Assert.Equal(naive.Keys.Order(), outcome.Result!.Outputs.Keys.Order());
            foreach (var (output, digest) in outcome.Result.Outputs)
            {
                Assert.Equal(naive[output], Encoding.UTF8.GetString(_workspace.Stored(digest)!));
                Assert.Equal(digest, pinned.Find(outcome.Step.Address)!.Outputs[output]);
            }

            foreach (var (output, path) in outcome.Step.CheckedOut)
            {
                Assert.Equal(naive[output], File.ReadAllText(_workspace.At($".mlops/out/{path}")));
            }

            foreach (var fact in outcome.Step.FactNames)
            {
                Assert.Equal(naive.Values.Sum(text => text.Length), (int)pinned.Fact("models/m", fact)!);
            }
        }
    }

    private async Task CheckNothingToDoAsync(StepGraph graph)
    {
        // The same sources give the same lock, whatever happened before.
        Assert.Equal(_locks.GetValueOrDefault(State(), _workspace.LockText), _workspace.LockText);
        _locks[State()] = _workspace.LockText;
        _workspace.Ran.Clear();
        _workspace.Cancel = null;
        if (_random.Next(3) == 0)
        {
            _workspace.Age();
        }

        var mirror = new BuildMirror(_workspace.Root);
        mirror.Observe("declared");
        var again = await _workspace.Engine(fresh: true).BuildAsync(graph, new() { Mirror = mirror });
        Assert.True(again.WasUpToDate, string.Join('\n', again.Steps.Select(step => $"{step.Step.Name} {step.Status} {step.Explanation}")));
        Assert.Empty(_workspace.Ran);
        mirror.Save(MirrorKey, Encoding.UTF8.GetBytes(_workspace.LockText));
    }

    private string State() => $"{_workspace.World}\n{string.Join('\n', _workspace.World.Files)}";
}
