using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Decides step by step what is to be done. It looks at stats, the lock and the store, and changes none of them.</summary>
/// <param name="graph">The steps.</param>
/// <param name="old">The lock.</param>
/// <param name="store">The results.</param>
/// <param name="files">The workspace's files.</param>
/// <param name="options">How.</param>
/// <param name="view">What patterns match, and which software there is.</param>
/// <param name="trustLock">Whether a build here left the lock as it is. Else it was edited, merged or checked out, and what the store remembers of a step is held against it.</param>
/// <param name="fetched">Steps whose results came from a remote for this build: they are told as restored, not as up to date.</param>
/// <param name="elsewhere">Told of content that is not in the store; true if it counts as kept nevertheless, because it may come from a remote.</param>
/// <remarks>The same decision is made when planning and, for steps that waited, while building.</remarks>
internal sealed class Planner(
    StepGraph graph,
    LockFile old,
    ContentStore store,
    StatIndex files,
    WorkspaceView view,
    BuildOptions options,
    bool trustLock,
    IReadOnlySet<StepName>? fetched = null,
    Func<Step, ContentRef, bool>? elsewhere = null)
{
    private readonly PlannedStep?[] _plan = new PlannedStep?[graph.Steps.Count];

    /// <summary>The plan by the graph's positions; null for steps that are not selected.</summary>
    public PlannedStep?[] Plan()
    {
        var selected = Selected();
        var problems = new List<Diagnostic>();
        for (var i = 0; i < _plan.Length; i++)
        {
            if (selected[i])
            {
                try
                {
                    _plan[i] = Decide(i);
                }
                catch (DiagnosticException e)
                {
                    // Consumers are decided as if this step were pending, so that all that is wrong is found at once.
                    problems.AddRange(e.Diagnostics);
                    _plan[i] = new(graph.Steps[i], PlannedAction.Run, StaleReason.NeverBuilt, [], []);
                }
            }
        }

        return problems.Count == 0 ? _plan : throw new DiagnosticException([.. problems.Distinct()]);
    }

    /// <summary>Notes that a step now has a result, so that its consumers can be decided.</summary>
    public void Settle(int at, PlannedStep settled) => _plan[at] = settled;

    /// <summary>What is to be done with a step, given what is known of those it reads from.</summary>
    /// <exception cref="DiagnosticException">An input file is missing or cannot be read.</exception>
    public PlannedStep Decide(int at)
    {
        var step = graph.Steps[at];
        var trace = old.Find(step.Address);
        var forced = (options.ForceAll && !step.Frozen) || options.Force.Contains(step.Name);
        if (step.Frozen && trace is not null && !forced && Frozen(step, trace) is { } frozen)
        {
            return frozen;
        }

        step = view.Resolve(step);
        var pending = Array.FindAll(graph.Producers[at], p => _plan[p]!.Result is null);
        if (pending.Length > 0)
        {
            CheckFiles(step);
            var own = trace is null ? [] : StepDescription.OwnChanges(step, trace);
            var dependsOn = Array.ConvertAll(pending, p => graph.Steps[p].Name);
            var reason = forced ? StaleReason.Forced : step.Always ? StaleReason.Always : trace is null ? StaleReason.NeverBuilt
                : own.Count > 0 ? StepDescription.Reason(own) : StaleReason.UpstreamPending;
            return new(step, PlannedAction.Await, reason, own, dependsOn);
        }

        var inputs = Inputs(step);
        var fingerprint = StepDescription.Fingerprint(step, inputs).Digest;
        return Decide(step, trace, inputs, fingerprint, forced) with { Fingerprint = fingerprint, Inputs = inputs };
    }

    private PlannedStep Decide(Step step, StepTrace? trace, IReadOnlyDictionary<string, Digest> inputs, Digest fingerprint, bool forced)
    {
        var same = trace?.Fingerprint == fingerprint;
        if (forced || step.Always)
        {
            return new(step, PlannedAction.Run, forced ? StaleReason.Forced : StaleReason.Always, [], []);
        }

        if (step.Frozen && trace is not null && !same)
        {
            throw new DiagnosticException(new Diagnostic("MLO3045", $"the result of the frozen step '{step.Name}' is not in the store")
            {
                Where = step.Origin,
                Why = "what the lock names is not here, or the outputs are declared otherwise, and running it would give something else: its sources changed",
                Mend = $"bring the objects that the lock names, or run it on purpose: ./build.sh Train --force={step.Name}",
            });
        }

        var result = same ? InLock(step) : null;
        var record = result is null || !trustLock ? store.TryGetRecord(fingerprint) : null;
        var contradicted = result is not null && record is not null && Contradicts(record, result);
        if (result is not null && !contradicted)
        {
            return fetched?.Contains(step.Name) == true ? new(step, PlannedAction.Restore, StaleReason.OutputMissing, [], []) { Result = result }
                : new(step, PlannedAction.UpToDate, StaleReason.None, [], []) { Result = result };
        }

        IReadOnlyList<PartChange> changes = trace is null || same ? [] : [.. StepDescription.OwnChanges(step, trace), .. StepDescription.InputChanges(step, trace, inputs, graph, old)];
        var reason = trace is null ? StaleReason.NeverBuilt
            : !same ? StepDescription.Reason(changes)
            : contradicted ? StaleReason.LockContradicted
            : !HasFacts(step) ? StaleReason.FactMissing : StaleReason.OutputMissing;
        // A lock that was put back tells what was so when it was written: the run finds the same, or what somebody made of it by hand.
        return record is not null && !(contradicted && step.LooksElsewhere) && IsKept(step, record.Outputs) && step.FactNames.SetEquals(record.Facts.Select(fact => fact.Key))
            ? new(step, PlannedAction.Restore, reason, changes, []) { Result = record }
            : new(step, PlannedAction.Run, reason, changes, []);
    }

    /// <summary>A substep with the result that the store has for its fingerprint; null if it is to run.</summary>
    public PlannedStep? Kept(PlannedStep substep) =>
        substep.Reason != StaleReason.Forced && store.TryGetRecord(substep.Fingerprint!.Value) is { } record && record.Outputs.Keys.SequenceEqual(substep.Step.Outputs)
            && record.Outputs.All(output => store.Contains(ContentRef.Of(output.Key, output.Value))) && substep.Step.FactNames.SetEquals(record.Facts.Select(fact => fact.Key))
            ? substep with { Action = PlannedAction.Restore, Result = record } : null;

    /// <summary>A frozen step as the lock has it, whatever its sources are now; null if its outputs are nowhere here.</summary>
    private PlannedStep? Frozen(Step step, StepTrace trace)
    {
        if (InLock(step) is { } result)
        {
            return new(step, PlannedAction.UpToDate, StaleReason.Frozen, [], []) { Result = result, Fingerprint = trace.Fingerprint };
        }

        return store.TryGetRecord(trace.Fingerprint) is { } record && IsKept(step, record.Outputs)
            ? new(step, PlannedAction.Restore, StaleReason.Frozen, [], []) { Result = record, Fingerprint = trace.Fingerprint }
            : null;
    }

    /// <summary>The result that the lock names for a step, if the lock has all its facts and the store all its outputs.</summary>
    public StepRecord? InLock(Step step) =>
        old.Find(step.Address) is { } trace && HasFacts(step) && IsKept(step, trace.Outputs)
            ? new() { Outputs = trace.Outputs, Facts = Facts(step), Metrics = trace.RawMetrics is null ? [] : trace.Metrics } : null;

    /// <summary>Whether a lock that names the right fingerprint tells another result than the run gave: edited by hand, or merged badly.</summary>
    private static bool Contradicts(StepRecord record, StepRecord locked) =>
        !record.Outputs.SequenceEqual(locked.Outputs)
        || CanonicalJson.Compact(record.Metrics) != CanonicalJson.Compact(locked.Metrics)
        || locked.Facts.Any(fact => record.Facts.TryGetPropertyValue(fact.Key, out var ran) && CanonicalJson.Compact(ran) != CanonicalJson.Compact(fact.Value));

    private bool HasFacts(Step step) => step.FactNames.All(name => old.HasFact(step.Address.Owner, name))
        && (step.Metrics.IsEmpty || old.Find(step.Address)?.RawMetrics is not null);

    private bool[] Selected()
    {
        var selected = new bool[graph.Steps.Count];
        if (options.Targets is null)
        {
            for (var i = 0; i < selected.Length; i++)
            {
                selected[i] = !graph.Steps[i].OnDemand;
            }
        }

        foreach (var target in options.Targets ?? [])
        {
            selected[graph.IndexOf(target)] = true;
        }

        for (var i = selected.Length - 1; i >= 0; i--)
        {
            foreach (var producer in selected[i] ? graph.Producers[i] : [])
            {
                selected[producer] = true;
            }
        }

        return selected;
    }

    private bool IsKept(Step step, System.Collections.Immutable.ImmutableSortedDictionary<string, Digest> outputs)
    {
        if (outputs.Count != step.Outputs.Count || !outputs.Keys.All(step.Outputs.Contains))
        {
            return false;
        }

        var kept = true;
        foreach (var (name, digest) in outputs)
        {
            var content = ContentRef.Of(name, digest);
            if (!store.Contains(content))
            {
                // All that is missing is told, not the first only: it is fetched together.
                kept &= elsewhere?.Invoke(step, content) == true;
                continue;
            }

            foreach (var part in content.IsTree && options.Mirror is not null ? store.ObjectsOf(content) : [digest])
            {
                options.Mirror?.ObserveExistence(store.PathOf(part));
            }
        }

        return kept;
    }

    private System.Text.Json.Nodes.JsonObject Facts(Step step)
    {
        var facts = new System.Text.Json.Nodes.JsonObject();
        foreach (var name in step.FactNames)
        {
            facts[name] = old.Fact(step.Address.Owner, name)?.DeepClone();
        }

        return facts;
    }

    private Dictionary<string, Digest> Inputs(Step step)
    {
        var digests = new Dictionary<string, Digest>(step.Inputs.Count, StringComparer.Ordinal);
        var checkedFiles = CheckFiles(step);
        foreach (var (name, input) in step.Inputs)
        {
            digests[name] = input switch
            {
                FileInput file => checkedFiles[file.Path],
                GlobInput glob => view.DigestOf(step, glob),
                OutputInput output => _plan[graph.IndexOf(output.Step)]!.Result!.Outputs[output.Output],
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }

        return digests;
    }

    /// <summary>The digests of the files that a step reads.</summary>
    private Dictionary<WorkspacePath, Digest> CheckFiles(Step step)
    {
        var digests = new Dictionary<WorkspacePath, Digest>();
        var problems = new List<Diagnostic>();
        foreach (var file in step.Inputs.Values.OfType<FileInput>())
        {
            try
            {
                if (files.DigestOf(file.Path) is { } digest)
                {
                    digests[file.Path] = digest;
                }
                else
                {
                    problems.Add(WorkspaceView.Missing(step, file.Path.Value));
                }
            }
            catch (DiagnosticException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        foreach (var glob in step.Inputs.Values.OfType<GlobInput>())
        {
            try
            {
                _ = view.Files(step, glob);
            }
            catch (DiagnosticException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        return problems.Count == 0 ? digests : throw new DiagnosticException(problems);
    }
}
