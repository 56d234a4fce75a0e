using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Runs one step in its sandbox and publishes its result: all of it, or nothing.</summary>
internal sealed class StepRunner(string root, ContentStore store, StatIndex files, IReadOnlyDictionary<string, IStepExecutor> executors)
{
    public string Root => root;

    public SandboxPool Sandboxes { get; } = new(Path.Join(root, ".mlops", "sandbox"));

    /// <summary>The step's result, kept in the store under its fingerprint.</summary>
    /// <exception cref="DiagnosticException">The step failed; nothing was kept under its fingerprint.</exception>
    public StepRecord Run(PlannedStep plan, Action<string>? report, CancellationToken cancellationToken)
    {
        var step = plan.Step;
        var executor = executors.TryGetValue(step.Action, out var found)
            ? found
            : throw new ArgumentException($"step '{step.Name}': nobody runs the action '{step.Action}'");
        using var sandbox = Sandboxes.Take(step);
        if (!executor.ReadsInPlace)
        {
            Place(step, plan.Inputs!, sandbox);
            sandbox.MakeFolders(step.Outputs);
        }

        var context = new StepContext(step, sandbox.Folder, name => InputPath(step, plan.Inputs!, executor, sandbox, name), report);
        var facts = executor.Execute(context, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (!step.FactNames.SetEquals(facts.Select(fact => fact.Key)))
        {
            throw new InvalidOperationException($"step '{step.Name}' yielded the facts {string.Join(", ", facts.Select(fact => fact.Key))} instead of {string.Join(", ", step.FactNames)}");
        }

        CheckInputs(step, plan.Inputs!, executor.ReadsInPlace);
        var record = new StepRecord { Outputs = Take(step, sandbox), Facts = facts };
        store.PutRecord(plan.Fingerprint!.Value, record);
        return record;
    }

    private void Place(Step step, IReadOnlyDictionary<string, Digest> inputs, Sandbox sandbox)
    {
        foreach (var (name, input) in step.Inputs)
        {
            if (input is FileInput file)
            {
                sandbox.PlaceCopy(file.Path.In(root), name);
            }
            else if (!sandbox.PlaceObject(store, inputs[name], name))
            {
                throw Damaged(step.Name.Value, step.Origin, $"input '{name}'");
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
    private void CheckInputs(Step step, IReadOnlyDictionary<string, Digest> inputs, bool trusted)
    {
        foreach (var (name, input) in step.Inputs)
        {
            if (input is FileInput file ? !files.IsSteady(file.Path, inputs[name]) : trusted ? !store.Check(inputs[name]) : !store.CheckBytes(inputs[name]))
            {
                throw Changed(step.Name.Value, name, input is FileInput changed ? changed.Path.Value : step.Origin);
            }
        }
    }

    private ImmutableSortedDictionary<string, Digest> Take(Step step, Sandbox sandbox)
    {
        var missing = step.Outputs.Where(name => !sandbox.HasFile(name)).ToArray();
        if (missing.Length > 0)
        {
            throw Missing(step.Name.Value, step.Origin, missing);
        }

        var outputs = StepRecord.NoOutputs;
        foreach (var name in step.Outputs)
        {
            outputs = outputs.Add(name, store.Adopt(Path.Join(sandbox.Folder, name)).Sha256);
        }

        return outputs;
    }

    /// <summary>What is said when a step ended well without its outputs.</summary>
    public static DiagnosticException Missing(string step, string? origin, string[] outputs) =>
        new(new Diagnostic("MLO3012", $"step '{step}' did not write {string.Join(", ", outputs.Select(name => $"'{name}'"))}")
        {
            Where = origin,
            Why = "it ended without an error, but a declared output is missing, or no regular file, or lies behind a link",
            Mend = "write it relative to the folder the program is started in, or remove it from 'writes'",
        });

    /// <summary>What is said when an input is not what it was when the step started.</summary>
    public static DiagnosticException Changed(string step, string input, string? where) => new(new Diagnostic("MLO3013", $"an input of step '{step}' changed while it ran")
    {
        Where = where,
        Why = $"input '{input}' no longer has the content that the step was started with",
        Mend = "run the same command again; a program must not write to what it reads",
    });

    /// <summary>What is said when an object that a step reads or made turns out to be damaged; it is set aside already.</summary>
    public static DiagnosticException Damaged(string step, string? origin, string what) => new(new Diagnostic("MLO3014", $"an object of step '{step}' is damaged in the store")
    {
        Where = origin,
        Why = $"the bytes of {what} are not what their digest says, and were set aside",
        Mend = "run the same command again: what is missing will be built",
    });
}
