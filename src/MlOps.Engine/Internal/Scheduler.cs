using System.Collections.Concurrent;
using System.Diagnostics;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Runs what is pending, independent steps side by side, each as soon as those it reads from have their results.</summary>
/// <remarks>Its threads sleep on a monitor, never spin. Which thread runs what leaves no trace in the outcomes.</remarks>
internal sealed class Scheduler
{
    private readonly StepGraph _graph;
    private readonly PlannedStep?[] _plan;
    private readonly Planner _planner;
    private readonly StepRunner _runner;
    private readonly WorkspaceView _view;
    private readonly Func<PlannedStep, StepRecord, IReadOnlyList<Diagnostic>> _finish;
    private readonly BuildOptions _options;
    private readonly RemoteRestore? _remote;
    private readonly CancellationToken _cancellation;

    private readonly object _gate = new();
    private readonly StepOutcome?[] _outcomes;
    private readonly List<int>[] _consumers;
    private readonly int[] _missing;
    private readonly PriorityQueue<int, int> _ready = new();
    private readonly Places _places;

    /// <summary>Substeps by fingerprint: whoever asks for one that runs waits for its result.</summary>
    private readonly ConcurrentDictionary<Digest, Lazy<StepOutcome>> _substeps = new();
    private readonly int _pending;
    private int _done, _running;
    private bool _stopped;
    private Exception? _bug;

    /// <param name="graph">The steps.</param>
    /// <param name="plan">What is to be done, by position; null where a step is not selected.</param>
    /// <param name="planner">Decides steps that waited.</param>
    /// <param name="runner">Runs a step.</param>
    /// <param name="view">What a step's patterns match.</param>
    /// <param name="finish">Called with every new result, from any thread; gives warnings.</param>
    /// <param name="options">How.</param>
    /// <param name="remote">Who may have a result that a step would give; null if there is no remote.</param>
    /// <param name="cancellation">Ends running steps and starts no others.</param>
    public Scheduler(
        StepGraph graph,
        PlannedStep?[] plan,
        Planner planner,
        StepRunner runner,
        WorkspaceView view,
        Func<PlannedStep, StepRecord, IReadOnlyList<Diagnostic>> finish,
        BuildOptions options,
        RemoteRestore? remote,
        CancellationToken cancellation)
    {
        (_graph, _plan, _planner, _runner, _view, _finish, _options, _remote, _cancellation) = (graph, plan, planner, runner, view, finish, options, remote, cancellation);
        _places = new(options.Jobs, _gate);
        _outcomes = new StepOutcome?[plan.Length];
        _consumers = GraphChecks.Consumers(graph.Producers);
        // Exactly those that Put will count down, restored ones among them.
        _missing = Array.ConvertAll(graph.Producers, producers => producers.Count(p => plan[p] is { Action: not PlannedAction.UpToDate }));
        for (var i = 0; i < plan.Length; i++)
        {
            if (plan[i] is { Action: PlannedAction.UpToDate } done)
            {
                _outcomes[i] = Outcome(done, StepStatus.UpToDate, 0);
            }
            else if (plan[i] is not null)
            {
                _pending++;
                if (_missing[i] == 0)
                {
                    _ready.Enqueue(i, i);
                }
            }
        }
    }

    /// <summary>Runs everything and gives the outcomes by position; null where a step is not selected.</summary>
    public async Task<StepOutcome?[]> RunAsync()
    {
        if (_pending == 0)
        {
            return _outcomes;
        }

        Tell(new BuildEvent.Started(_pending, [.. _plan.OfType<PlannedStep>()]));
        var threads = Math.Min(_options.Jobs, _pending);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = threads;
        using var registration = _cancellation.Register(Stop);
        for (var i = 0; i < threads; i++)
        {
            new Thread(() =>
            {
                Work();
                if (Interlocked.Decrement(ref left) == 0)
                {
                    ended.SetResult();
                }
            })
            { IsBackground = true, Name = "steps" }.Start();
        }

        await ended.Task;
        if (_bug is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_bug);
        }

        SkipTheRest();
        return _outcomes;
    }

    private void Work()
    {
        while (Take() is { } at)
        {
            StepOutcome? outcome = null;
            try
            {
                outcome = Do(at);
            }
            catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
            {
                outcome = Outcome(_plan[at]!, StepStatus.Skipped, 0) with { Explanation = "cancelled" };
            }
#pragma warning disable CA1031 // A bug on this thread must surface on the caller's, not end the process.
            catch (Exception e)
#pragma warning restore CA1031
            {
                lock (_gate)
                {
                    _bug ??= e;
                }
            }

            Put(at, outcome);
        }
    }

    /// <summary>The next step to do, or null when there will be none.</summary>
    private int? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_stopped || _bug is not null || (_ready.Count == 0 && _running == 0))
                {
                    Monitor.PulseAll(_gate);
                    return null;
                }

                if (_places.IsFree && _ready.TryDequeue(out var at, out _))
                {
                    _places.Add(1);
                    _running++;
                    return at;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    private StepOutcome Do(int at)
    {
        var plan = _plan[at]!;
        var clock = Stopwatch.StartNew();
        try
        {
            if (plan.Action == PlannedAction.Await)
            {
                plan = Decide(at);
            }

#pragma warning disable VSTHRD002 // This thread is the scheduler's own and waits for nothing else.
            if (_remote is not null && _remote.TryFetchAsync(plan, _cancellation).GetAwaiter().GetResult())
#pragma warning restore VSTHRD002
            {
                plan = Decide(at);
            }

            if (plan.Action == PlannedAction.UpToDate)
            {
                return Outcome(plan, StepStatus.UpToDate, 0);
            }

            if (plan.Action == PlannedAction.Restore)
            {
                return Outcome(plan, StepStatus.Restored, 0) with { Diagnostics = _finish(plan, plan.Result!) };
            }

            Tell(new BuildEvent.StepStarted(plan.Step, plan.Explanation));
            if (_options.AlreadyTried is { } tried && tried.Fingerprint == plan.Fingerprint)
            {
                var known = _runner.Keep(plan, tried);
                return Outcome(plan with { Result = known }, StepStatus.Ran, tried.Seconds) with { Diagnostics = [.. tried.Warnings, .. _finish(plan, known)] };
            }

            var substeps = new Substeps(plan, Once, _places, _cancellation);
            var (result, warnings) = _runner.Run(plan, _view, Calls(plan.Step) with { RunSubsteps = substeps.Run }, _cancellation);
            return Outcome(plan with { Result = result }, StepStatus.Ran, clock.Elapsed.TotalSeconds) with
            {
                Diagnostics = [.. warnings, .. _finish(plan, result)],
                Substeps = substeps.Outcomes,
            };
        }
        catch (DiagnosticException e)
        {
            return Failed(plan, clock, e.Diagnostics);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            return Failed(plan, clock, [IoFailure.Describe(e, _runner.Root)]);
        }
    }

    private StepCalls Calls(Step step) => new(text => Tell(new BuildEvent.StepProgress(step, text))) { VerifyReads = _options.VerifyReads };

    private StepOutcome Once(PlannedStep substep)
    {
        var mine = new Lazy<StepOutcome>(() => Substep(substep));
        var outcome = _substeps.GetOrAdd(substep.Fingerprint!.Value, mine);
        return outcome == mine ? outcome.Value : Outcome(substep with { Result = outcome.Value.Result }, StepStatus.UpToDate, 0);
    }

    private StepOutcome Substep(PlannedStep plan)
    {
        if (_planner.Kept(plan) is { } kept)
        {
            return Told(Outcome(kept, StepStatus.Restored, 0));
        }

#pragma warning disable VSTHRD002 // This thread is the scheduler's own and waits for nothing else.
        if (_remote is not null && _remote.TryFetchAsync(plan, _cancellation).GetAwaiter().GetResult() && _planner.Kept(plan) is { } fetched)
#pragma warning restore VSTHRD002
        {
            return Told(Outcome(fetched, StepStatus.Restored, 0));
        }

        Tell(new BuildEvent.StepStarted(plan.Step, plan.Explanation));
        var clock = Stopwatch.StartNew();
        var (result, _) = _runner.Run(plan, _view, Calls(plan.Step), _cancellation);
        return Told(Outcome(plan with { Result = result }, StepStatus.Ran, clock.Elapsed.TotalSeconds));

        StepOutcome Told(StepOutcome outcome)
        {
            Tell(new BuildEvent.SubstepFinished(outcome));
            return outcome;
        }
    }

    private PlannedStep Decide(int at)
    {
        lock (_gate)
        {
            var plan = _planner.Decide(at);
            _planner.Settle(at, plan);
            return plan;
        }
    }

    private static StepOutcome Failed(PlannedStep plan, Stopwatch clock, IReadOnlyList<Diagnostic> why) =>
        Outcome(plan with { Result = null, Fingerprint = null }, StepStatus.Failed, clock.Elapsed.TotalSeconds) with { Diagnostics = why };

    private void Put(int at, StepOutcome? outcome)
    {
        lock (_gate)
        {
            _running--;
            _places.Add(-1);
            _outcomes[at] = outcome;
            if (outcome?.Result is { } result)
            {
                _planner.Settle(at, _plan[at]! with { Result = result, Fingerprint = outcome.Fingerprint });
                foreach (var consumer in _consumers[at])
                {
                    // A frozen step has its outcome, whatever its producers do; and one that is up to date, though a producer is only now restored.
                    if (--_missing[consumer] == 0 && _plan[consumer] is not null && _outcomes[consumer] is null)
                    {
                        _ready.Enqueue(consumer, consumer);
                    }
                }
            }
            else if (!_options.KeepGoing)
            {
                _stopped = true;
            }

            if (outcome is not null)
            {
                Tell(new BuildEvent.StepFinished(outcome, ++_done, _pending));
            }

            Monitor.PulseAll(_gate);
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void SkipTheRest()
    {
        for (var i = 0; i < _plan.Length; i++)
        {
            if (_plan[i] is { } plan && _outcomes[i] is null)
            {
                var broken = _graph.Producers[i].Where(p => _outcomes[p] is { Result: null }).Select(p => _graph.Steps[p].Name.Value).ToArray();
                _outcomes[i] = Outcome(plan with { Result = null, Fingerprint = null }, StepStatus.Skipped, 0) with
                {
                    Explanation = broken.Length > 0 ? $"has no result of {string.Join(", ", broken)}" : _cancellation.IsCancellationRequested ? "cancelled" : "another step failed",
                };
            }
        }
    }

    private static StepOutcome Outcome(PlannedStep plan, StepStatus status, double seconds) =>
        new(plan.Step, status, seconds, plan.Reason, plan.Explanation) { Result = plan.Result, Fingerprint = plan.Result is null ? null : plan.Fingerprint, Inputs = plan.Inputs };

    private void Tell(BuildEvent happening)
    {
        if (_options.Progress is { } progress)
        {
            lock (progress)
            {
                progress(happening);
            }
        }
    }
}
