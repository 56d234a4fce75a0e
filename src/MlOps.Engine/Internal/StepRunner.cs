using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>What a run may ask of the build that it is part of.</summary>
/// <param name="Report">Told how far it is.</param>
internal sealed record StepCalls(Action<string> Report)
{
    /// <summary>Runs steps of its own; null where it can have none.</summary>
    public Func<IEnumerable<Step>, IReadOnlyList<StepRecord>>? RunSubsteps { get; init; }

    /// <summary>Whether a program that opens an undeclared file of the workspace fails.</summary>
    public bool VerifyReads { get; init; }
}

/// <summary>Runs one step in its sandbox and publishes its result: all of it, or nothing.</summary>
internal sealed class StepRunner(string root, ContentStore store, StatIndex files, IReadOnlyDictionary<string, IStepExecutor> executors)
{
    private const int ShownStrays = 5;

    public string Root => root;

    public SandboxPool Sandboxes { get; } = new(Path.Join(root, ".mlops", "sandbox"));

    /// <summary>The step's result, kept in the store under its fingerprint, and what is to be said about it.</summary>
    /// <exception cref="DiagnosticException">The step failed; nothing was kept under its fingerprint.</exception>
    public (StepRecord Result, IReadOnlyList<Diagnostic> Warnings) Run(PlannedStep plan, WorkspaceView view, StepCalls calls, CancellationToken cancellationToken)
    {
        var failures = new List<DiagnosticException>();
        while (true)
        {
            try
            {
                var (result, warnings) = Attempt(plan, view, calls, cancellationToken);
                store.PutRecord(plan.Fingerprint!.Value, result);
                return (result, failures.Count == 0 ? warnings : [.. warnings, Retried(plan.Step, failures)]);
            }
            catch (DiagnosticException e) when (failures.Count < plan.Step.Run.Retries && e.Diagnostics[0].Code is RunExecutor.ProgramFailed or RunExecutor.ProgramTimedOut)
            {
                failures.Add(e);
                calls.Report(string.Create(CultureInfo.InvariantCulture, $"attempt {failures.Count + 1} of {plan.Step.Run.Retries + 1}"));
            }
        }
    }

    /// <summary>The result of a step that was tried before this build, kept as if it had run now.</summary>
    /// <exception cref="DiagnosticException">It failed.</exception>
    public StepRecord Keep(PlannedStep plan, TriedStep tried)
    {
        if (tried.Failure is { } failure)
        {
            throw new DiagnosticException(failure.Diagnostics);
        }

        store.PutRecord(plan.Fingerprint!.Value, tried.Result!);
        return tried.Result!;
    }

    private (StepRecord Result, IReadOnlyList<Diagnostic> Warnings) Attempt(PlannedStep plan, WorkspaceView view, StepCalls calls, CancellationToken cancellationToken)
    {
        var step = plan.Step;
        var executor = executors.TryGetValue(step.Action, out var found)
            ? found
            : throw new ArgumentException($"step '{step.Name}': nobody runs the action '{step.Action}'");
        using var sandbox = Sandboxes.Take(step);
        if (!executor.ReadsInPlace)
        {
            Place(step, plan.Inputs!, view, sandbox);
            sandbox.MakeFolders(step.Outputs);
        }

        var context = new StepContext(step, sandbox.Folder, name => InputPath(step, plan.Inputs!, executor, sandbox, name), calls) { WatchedRoot = calls.VerifyReads ? root : null };
        var facts = executor.Execute(context, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (!step.FactNames.SetEquals(facts.Select(fact => fact.Key)))
        {
            throw new InvalidOperationException($"step '{step.Name}' yielded the facts {string.Join(", ", facts.Select(fact => fact.Key))} instead of {string.Join(", ", step.FactNames)}");
        }

        CheckInputs(step, plan.Inputs!, view, executor.ReadsInPlace);
        CheckOutputs(step, sandbox);
        var metrics = RunMetrics.Read(step, sandbox.Folder);
        var record = new StepRecord
        {
            Outputs = Take(step, sandbox),
            Facts = facts,
            Metrics = metrics,
            Log = context.Log is { } log ? store.Put(log).Sha256 : null,
        };
        return (record, executor.ReadsInPlace ? context.Warnings : [.. context.Warnings, .. Strays(step.Name.Value, step.Origin, sandbox.Empty()), .. Unset(step)]);
    }

    private void Place(Step step, IReadOnlyDictionary<string, Digest> inputs, WorkspaceView view, Sandbox sandbox)
    {
        foreach (var (name, input) in step.Inputs)
        {
            switch (input)
            {
                case FileInput file:
                    sandbox.PlaceCopy(file.Path.In(root), name);
                    break;
                case GlobInput glob:
                    foreach (var path in view.Files(step, glob))
                    {
                        sandbox.PlaceCopy(WorkspaceView.InWorkspace(glob, path).In(root), path);
                    }

                    break;
                default:
                    if (!sandbox.PlaceObject(store, ContentRef.Of(name, inputs[name]), name))
                    {
                        throw Damaged(step.Name.Value, step.Origin, $"input '{name}'");
                    }

                    break;
            }
        }
    }

    private string InputPath(Step step, IReadOnlyDictionary<string, Digest> inputs, IStepExecutor executor, Sandbox sandbox, string name) =>
        !step.Inputs.TryGetValue(name, out var input) ? throw new KeyNotFoundException($"step '{step.Name}' has no input '{name}'")
        : !executor.ReadsInPlace ? Path.Join(sandbox.Folder, name)
        : input is FileInput file ? file.Path.In(root)
        : store.Check(inputs[name]) ? store.PathOf(inputs[name])
        : throw Damaged(step.Name.Value, step.Origin, $"input '{name}'");

    /// <summary>Whoever changed an input while the step ran may have changed what it read: such a result belongs to no fingerprint.</summary>
    private void CheckInputs(Step step, IReadOnlyDictionary<string, Digest> inputs, WorkspaceView view, bool inPlace)
    {
        foreach (var (name, input) in step.Inputs)
        {
            var steady = input switch
            {
                FileInput file => files.IsSteady(file.Path, inputs[name]),
                GlobInput glob => view.IsSteady(step, glob, inputs[name]),
                _ => !inPlace || store.Check(ContentRef.Of(name, inputs[name])),
            };
            if (!steady)
            {
                throw Changed(step.Name.Value, name, input is FileInput changed ? changed.Path.Value : step.Origin);
            }
        }
    }

    private static void CheckOutputs(Step step, Sandbox sandbox)
    {
        var missing = step.Outputs.Where(name => !sandbox.Has(name)).ToArray();
        if (missing.Length > 0)
        {
            throw Missing(step.Name.Value, step.Origin, missing);
        }
    }

    private ImmutableSortedDictionary<string, Digest> Take(Step step, Sandbox sandbox)
    {
        var outputs = StepRecord.NoOutputs;
        foreach (var name in step.Outputs)
        {
            var path = Path.Join(sandbox.Folder, name);
            try
            {
                outputs = outputs.Add(name, name.EndsWith('/') ? store.AdoptTree(path.TrimEnd('/')) : store.Adopt(path).Sha256);
            }
            catch (DiagnosticException e)
            {
                throw new DiagnosticException([.. e.Diagnostics.Select(diagnostic => diagnostic with { Where = step.Origin, Why = $"{name}{diagnostic.Where} of step '{step.Name}': {diagnostic.Why}" })]);
            }
            catch (ArgumentException e) when (name.EndsWith('/'))
            {
                throw new DiagnosticException(new Diagnostic("MLO3048", $"step '{step.Name}' wrote a file whose name no other machine can have")
                {
                    Where = step.Origin,
                    Why = e.Message,
                    Mend = "use names without backslash, colon and line break",
                });
            }
        }

        return outputs;
    }

    /// <summary>What is said of files that a program left behind undeclared.</summary>
    public static Diagnostic[] Strays(string step, string? origin, IReadOnlyList<string> strays) => strays.Count == 0 ? [] :
    [
        new("MLO3042", $"step '{step}' wrote files that it does not declare")
        {
            Severity = Severity.Warning,
            Where = origin,
            Why = $"{string.Join(", ", strays.Take(ShownStrays))}{(strays.Count > ShownStrays ? $" and {strays.Count - ShownStrays} more" : "")}; they were thrown away with its sandbox",
            Mend = "add them to 'writes', or do not leave them behind",
        },
    ];

    private static IEnumerable<Diagnostic> Unset(Step step) =>
        from name in step.Run.Pass
        where Environment.GetEnvironmentVariable(name) is null
        select new Diagnostic("MLO3060", $"the environment variable '{name}' is not set")
        {
            Severity = Severity.Warning,
            Where = step.Origin,
            Why = $"step '{step.Name}' hands it on to its program (\"pass\"), which ran without it",
            Mend = "set it where the build runs, or remove it from \"pass\"",
        };

    private static Diagnostic Retried(Step step, List<DiagnosticException> failures) =>
        new("MLO3043", $"step '{step.Name}' needed {failures.Count + 1} attempts")
        {
            Severity = Severity.Warning,
            Where = step.Origin,
            Why = failures[^1].Diagnostics[0].Why,
            Mend = "find out why it fails now and then",
        };

    /// <summary>What is said when a step ended well without its outputs.</summary>
    public static DiagnosticException Missing(string step, string? origin, string[] outputs) =>
        new(new Diagnostic("MLO3012", $"step '{step}' did not write {string.Join(", ", outputs.Select(name => $"'{name}'"))}")
        {
            Where = origin,
            Why = Array.Exists(outputs, name => name.EndsWith('/'))
                ? "it ended without an error, but a declared output is missing, or is a file where a folder is declared, or the other way round, or lies behind a link"
                : "it ended without an error, but a declared output is missing, or no regular file, or lies behind a link",
            Mend = "write it relative to the folder the program is started in, or remove it from 'writes'",
        });

    /// <summary>What is said when an input is not what it was when the step started.</summary>
    public static DiagnosticException Changed(string step, string input, string? where) => new(new Diagnostic("MLO3013", $"an input of step '{step}' changed while it ran")
    {
        Where = where,
        Why = $"input '{input}' no longer has the content that the step was started with",
        Mend = "run the same command again, and let nothing write to it meanwhile",
    });

    /// <summary>What is said when an object that a step reads or made turns out to be damaged; it is set aside already.</summary>
    public static DiagnosticException Damaged(string step, string? origin, string what) => new(new Diagnostic("MLO3014", $"an object of step '{step}' is damaged in the store")
    {
        Where = origin,
        Why = $"the bytes of {what} are not what their digest says, and were set aside",
        Mend = "run the same command again: what is missing will be built",
    });
}
