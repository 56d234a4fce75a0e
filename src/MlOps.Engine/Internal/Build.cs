using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>One build of one graph: read the lock, plan, run, write the lock.</summary>
internal sealed class Build
{
    private readonly BuildEngine _engine;
    private readonly StepRunner _runner;
    private readonly StepGraph _graph;
    private readonly BuildOptions _options;
    private readonly FileStat _lockStat;
    private readonly LockFile _old;
    private readonly SeenLock _seen;
    private readonly WorkspaceView _view;
    private readonly Planner _planner;
    private readonly RemoteRestore? _remote;
    private readonly PlannedStep?[] _plan;

    public Build(BuildEngine engine, StepRunner runner, StepGraph graph, BuildOptions options, RemoteRestore? remote = null, bool isAfterwards = false)
    {
        (_engine, _runner, _graph, _options) = (engine, runner, graph, options);
        _remote = remote;
        engine.Files.Mirror = options.Mirror;
        engine.Files.Begin(trustSteady: isAfterwards);
        options.Mirror?.Observe(BuildEngine.LockName);
        _lockStat = FileStat.Of(engine.LockPath);
        _old = LockFile.Read(engine.LockPath);
        _seen = new(Path.Join(engine.Root, ".mlops", "lock-seen"));
        _view = new(engine.Root, engine.Files, engine.Probes, options.Mirror);
        _planner = new(graph, _old, engine.Store, engine.Files, _view, options, _seen.Is(_old), remote?.Fetched, remote is null ? null : (_, content) => remote.Found.Contains(content));
        _plan = _planner.Plan();
    }

    public BuildPlan ToPlan()
    {
        var steps = _plan.OfType<PlannedStep>().ToArray();
        var declared = _graph.Steps.Select(step => step.Address).ToHashSet();
        var changes = steps.Any(step => step.Result is null) || !NewLock(i => (_plan[i]?.Result, _plan[i])).Bytes.Span.SequenceEqual(_old.Bytes.Span);
        return new(steps, [.. _old.Addresses.Where(address => !declared.Contains(address))], changes);
    }

    /// <summary>The result if nothing is to be run, restored, written or checked out: then the workspace may even be read-only.</summary>
    public BuildResult? NothingToDo()
    {
        if (!_plan.All(step => step is null or { Action: PlannedAction.UpToDate })
            || !NewLock(i => (_plan[i]?.Result, _plan[i])).Bytes.Span.SequenceEqual(_old.Bytes.Span)
            || _plan.OfType<PlannedStep>().Any(step => step.Step.CheckedOut.Any(output => !_engine.IsCheckedOut(ContentRef.Of(output.Key, step.Result!.Outputs[output.Key]), output.Value))))
        {
            return null;
        }

        _seen.Remember(_old);
        return new([.. _plan.OfType<PlannedStep>().Select(step => new StepOutcome(step.Step, StepStatus.UpToDate, 0, step.Reason, "")
        {
            Result = step.Result,
            Fingerprint = step.Fingerprint,
            Inputs = step.Inputs,
        })], LockWritten: false, _old, Cancelled: false);
    }

    /// <summary>This build, planned again if another one wrote the lock in the meantime, or if an object that will be read turned out to be damaged.</summary>
    public Build Renewed()
    {
        var build = this;
        while (FileStat.Of(_engine.LockPath) != build._lockStat || !build.InputsAreWhole())
        {
            build = new(_engine, _runner, _graph, _options, _remote);
        }

        return build;
    }

    /// <summary>This build after everything that the remotes have for it was fetched, as far as it is known before steps run.</summary>
    public async Task<Build> FetchedAsync(RemoteCache remote, CancellationToken cancellationToken)
    {
        var restore = new RemoteRestore(remote, _engine.Store);
        var wanted = Wanted();
        if (wanted.Count > 0)
        {
            await restore.FetchAsync(wanted, cancellationToken);
        }

        var build = new Build(_engine, _runner, _graph, _options, restore);
        return await restore.FetchAsync(build._plan.OfType<PlannedStep>(), cancellationToken) ? new(_engine, _runner, _graph, _options, restore) : build;
    }

    /// <summary>This build as it would be if all were here that the remotes say they have of what the lock names.</summary>
    public async Task<Build> SightedAsync(RemoteCache remote, CancellationToken cancellationToken)
    {
        var restore = new RemoteRestore(remote, _engine.Store);
        await restore.FindAsync(Wanted(), cancellationToken);
        return restore.Found.Count > 0 ? new(_engine, _runner, _graph, _options, restore) : this;
    }

    /// <summary>What is missing of the results that the steps would be up to date with, or could be restored from, if all of it were here.</summary>
    private Dictionary<StepName, ContentRef[]> Wanted()
    {
        var missing = new List<(StepName Step, ContentRef Content)>();
        var planner = new Planner(_graph, _old, _engine.Store, _engine.Files, _view, _options with { Mirror = null }, _seen.Is(_old), elsewhere: (step, content) =>
        {
            missing.Add((step.Name, content));
            return true;
        });
        _ = planner.Plan();
        return missing.Distinct().ToLookup(item => item.Step, item => item.Content).ToDictionary(step => step.Key, step => step.ToArray());
    }

    public async Task<BuildResult> RunAsync(CancellationToken cancellationToken)
    {
        KeepWhatOnlyTheLockKnows();
        var pending = Array.ConvertAll(_plan, plan => plan is not null and not { Action: PlannedAction.UpToDate });
        var outcomes = await new Scheduler(_graph, _plan, _planner, _runner, _view, Finish, _options, _remote, cancellationToken).RunAsync();
        // A lock is whole or it is the old one: what succeeded waits in the store for the build that succeeds.
        var now = outcomes.All(outcome => outcome is null or { Result: not null }) ? NewLock(i => (outcomes[i]?.Result, _plan[i])) : _old;
        if (_options.IsTrial)
        {
            _options.Mirror?.Forget();
            return new([.. outcomes.OfType<StepOutcome>()], LockWritten: false, now, IsCancelled(outcomes, cancellationToken));
        }

        var differs = !now.Bytes.Span.SequenceEqual(_old.Bytes.Span);
        if (differs)
        {
            AtomicFile.Write(_engine.LockPath, now.Bytes.Span, Path.Join(_engine.Root, ".mlops"), sync: true);
        }

        if (outcomes.All(outcome => outcome is { Result: not null }))
        {
            _seen.Remember(now);
        }

        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i] is { Status: StepStatus.UpToDate } step)
            {
                CheckOut(step.Step, step.Result!);
                if (pending[i] && _engine.Store.TryGetRecord(step.Fingerprint!.Value) is null)
                {
                    _engine.Store.PutRecord(step.Fingerprint.Value, step.Result!);
                }
            }
        }

        await ObserveAsync(outcomes, now);
        await PushAsync([.. outcomes.Where((_, i) => pending[i]).OfType<StepOutcome>()], cancellationToken);
        return new([.. outcomes.OfType<StepOutcome>()], differs, now, IsCancelled(outcomes, cancellationToken));
    }

    private static bool IsCancelled(IEnumerable<StepOutcome?> outcomes, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested && outcomes.Any(outcome => outcome is { Result: null });

    /// <summary>Takes note of everything as this build leaves it, so that the next command need not compute that there is nothing to do.</summary>
    private async Task ObserveAsync(StepOutcome?[] outcomes, LockFile now)
    {
        if (_options.Mirror is not { } mirror)
        {
            return;
        }

        // Where remotes are asked, or a step failed, the next command looks for itself.
        if (_options.Remote is { IsEmpty: false } || outcomes.Any(outcome => outcome is not { Result: not null }))
        {
            mirror.Forget();
            return;
        }

        // What was written last must grow older than the file system's clock is coarse.
        await Task.Delay(FileStat.Granularity, CancellationToken.None);
        mirror.Restart(path => path == BuildEngine.LockName || path.StartsWith(".mlops/", StringComparison.Ordinal));
        try
        {
            // As the next command would plan, so that nothing can be seen by that one and not by this.
            var next = new Build(_engine, _runner, _graph, _options, isAfterwards: true);
            if (!next._old.Bytes.Span.SequenceEqual(now.Bytes.Span) || next.NothingToDo() is null)
            {
                mirror.Forget();
            }
        }
        catch (DiagnosticException)
        {
            // Something went away meanwhile; the next command tells.
            mirror.Forget();
        }
    }

    /// <summary>Stores what this build made, or found it made already, in the remotes that want it at once; what fails there is a warning, because the build did not.</summary>
    private async Task PushAsync(IEnumerable<StepOutcome> outcomes, CancellationToken cancellationToken)
    {
        var records = outcomes.SelectMany(step => step.Substeps.Where(part => part.Status == StepStatus.Ran).Append(step)).Where(step => step.Result is not null && _remote?.Fetched.Contains(step.Step.Name) != true).DistinctBy(step => step.Fingerprint)
            .ToDictionary(step => step.Fingerprint!.Value, step => step.Result!);
        foreach (var link in _options.Remote?.Links.Where(link => link.PushesAtOnce && records.Count > 0) ?? [])
        {
            await _options.Remote!.TryPushAsync(link, records, cancellationToken);
        }
    }

    /// <summary>A result whose step never ran here (another one made the same bytes, or they came with the store) has no record yet;
    /// once the lock names another, only a record leads back to it.</summary>
    private void KeepWhatOnlyTheLockKnows()
    {
        foreach (var plan in _plan.OfType<PlannedStep>().Where(plan => plan.Action != PlannedAction.UpToDate))
        {
            if (_old.Find(plan.Step.Address) is { } trace && _engine.Store.TryGetRecord(trace.Fingerprint) is null && _planner.InLock(plan.Step) is { } result)
            {
                _engine.Store.PutRecord(trace.Fingerprint, result);
            }
        }
    }

    /// <summary>Damaged objects are found before anything runs, so that their producers run first.</summary>
    private bool InputsAreWhole()
    {
        var whole = true;
        for (var i = 0; i < _plan.Length; i++)
        {
            if (_plan[i] is { Result: { } shown } known)
            {
                foreach (var (output, path) in known.Step.CheckedOut)
                {
                    var content = ContentRef.Of(output, shown.Outputs[output]);
                    whole &= _engine.IsCheckedOut(content, path) || _engine.Store.Check(content);
                }
            }

            if (_plan[i] is { Action: PlannedAction.Run or PlannedAction.Await } pending)
            {
                foreach (var input in pending.Step.Inputs.Values.OfType<OutputInput>())
                {
                    whole &= _plan[_graph.IndexOf(input.Step)]!.Result is not { } result || _engine.Store.Check(ContentRef.Of(input.Output, result.Outputs[input.Output]));
                }
            }
        }

        return whole;
    }

    private IReadOnlyList<Diagnostic> Finish(PlannedStep plan, StepRecord result)
    {
        if (!_options.IsTrial)
        {
            CheckOut(plan.Step, result);
        }

        var before = _old.Find(plan.Step.Address) is { } trace && trace.Fingerprint == plan.Fingerprint ? trace.Outputs : null;
        var other = before is null ? [] : result.Outputs.Where(output => before.TryGetValue(output.Key, out var digest) && digest != output.Value).Select(output => output.Key).ToArray();
        return other.Length == 0 || plan.Step.Always || plan.Step.LooksElsewhere ? [] :
        [
            new("MLO3030", $"step '{plan.Step.Name}' is not reproducible")
            {
                Severity = Severity.Warning,
                Where = plan.Step.Origin,
                Why = $"it ran again with nothing changed and made other bytes: {string.Join(", ", other)}",
                Mend = "remove what differs between runs: times, paths, random seeds, the order of a set",
            },
        ];
    }

    private void CheckOut(Step step, StepRecord result)
    {
        foreach (var (output, path) in step.CheckedOut)
        {
            if (!_engine.CheckOut(ContentRef.Of(output, result.Outputs[output]), path))
            {
                throw StepRunner.Damaged(step.Name.Value, step.Origin, $"output '{output}'");
            }
        }
    }

    /// <summary>The lock after this build: new results where there are any, else what it said before; steps that are declared no more vanish.</summary>
    private LockFile NewLock(Func<int, (StepRecord? Result, PlannedStep? Plan)> state)
    {
        var writer = new LockWriter();
        for (var i = 0; i < _graph.Steps.Count; i++)
        {
            var step = _graph.Steps[i];
            var (result, plan) = state(i);
            if (result is not null)
            {
                writer.Add(step.Address, plan!.Reason == StaleReason.Frozen ? _old.Find(step.Address)! : Trace(plan.Step, plan, result));
                foreach (var (name, fact) in result.Facts)
                {
                    writer.AddFact(step.Address.Owner, name, new(fact));
                }
            }
            else if (_old.Find(step.Address) is { } trace && (!step.OnDemand || IsCurrent(step, trace, writer.Draft)))
            {
                writer.Add(step.Address, trace);
                foreach (var name in step.FactNames.Where(name => _old.HasFact(step.Address.Owner, name)))
                {
                    writer.AddFact(step.Address.Owner, name, new(_old.Fact(step.Address.Owner, name)));
                }
            }
        }

        foreach (var fact in _options.Conclude?.Invoke(writer.Draft) ?? [])
        {
            writer.AddFact(fact.Owner, fact.Name, new(fact.Value));
        }

        return writer.ToLockFile();
    }

    /// <summary>Whether a step that nobody asked for would give what the lock says of it.</summary>
    private bool IsCurrent(Step step, StepTrace trace, LockFile now)
    {
        var inputs = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var (name, input) in step.Inputs)
        {
            if (input is not OutputInput from || now.Find(_graph.Find(from.Step)!.Address)?.Outputs.TryGetValue(from.Output, out var digest) != true)
            {
                return false;
            }

            inputs[name] = digest;
        }

        return StepDescription.Fingerprint(step, inputs).Digest == trace.Fingerprint;
    }

    private static StepTrace Trace(Step step, PlannedStep plan, StepRecord result) => new()
    {
        Fingerprint = plan.Fingerprint!.Value,
        Code = step.Code,
        Inputs = StepRecord.NoOutputs.AddRange(step.Inputs.Where(input => input.Value is FileInput { InLock: true } or GlobInput)
            .Select(input => KeyValuePair.Create(input.Key, plan.Inputs![input.Key]))),
        Outputs = result.Outputs,
        RawParameters = new((JsonNode)step.Parameters),
        RawMetrics = result.Metrics.Count > 0 ? new((JsonNode)result.Metrics) : null,
        Toolchain = step.Toolchain,
    };
}
