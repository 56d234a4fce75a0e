using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>What a step's run may see and where it writes.</summary>
public sealed class StepContext
{
    private readonly Func<string, string> _inputPath;
    private readonly StepCalls _calls;
    private readonly List<Diagnostic> _warnings = [];

    internal StepContext(Step step, string workDirectory, Func<string, string> inputPath, StepCalls calls) =>
        (Step, WorkDirectory, _inputPath, _calls) = (step, workDirectory, inputPath, calls);

    /// <summary>A run in another process than the build's: it has no steps of its own, and tells nobody how far it is.</summary>
    /// <param name="workDirectory">Where outputs are expected.</param>
    /// <param name="inputPath">Where an input lies, by its name.</param>
    public static StepContext Apart(Step step, string workDirectory, Func<string, string> inputPath) => new(step, workDirectory, inputPath, new(_ => { }));

    /// <summary>Who is told of progress.</summary>
    internal Action<string> Reporter => _calls.Report;

    /// <summary>What the programs printed; kept with the result. Null for nothing.</summary>
    public byte[]? Log { get; set; }

    /// <summary>The workspace if the program is watched for undeclared files of it, else null.</summary>
    internal string? WatchedRoot { get; init; }

    /// <summary>What <see cref="Warn"/> was told.</summary>
    public IReadOnlyList<Diagnostic> Warnings => _warnings;

    /// <summary>The step.</summary>
    public Step Step { get; }

    /// <summary>The private sandbox, where outputs are expected under their names; it is emptied afterwards.</summary>
    public string WorkDirectory { get; }

    /// <summary>Where an input lies, file or directory.</summary>
    /// <exception cref="KeyNotFoundException">The step declares no such input.</exception>
    public string InputPath(string logicalName) => _inputPath(logicalName);

    /// <summary>Where an output is to be written; its folder exists.</summary>
    /// <exception cref="KeyNotFoundException">The step declares no such output.</exception>
    public string OutputPath(string output)
    {
        if (!Step.Outputs.Contains(output))
        {
            throw new KeyNotFoundException($"step '{Step.Name}' has no output '{output}'");
        }

        var path = Path.Join(WorkDirectory, output);
        if (output.Contains('/', StringComparison.Ordinal))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        return path;
    }

    /// <summary>Tells the user how far the run is, in a few words such as <c>tree 120 of 300</c>.</summary>
    public void Report(string progress) => _calls.Report(progress);

    /// <summary>Tells the user something that does not end the step; said when it has run, and not again while its result is known.</summary>
    /// <param name="found">A warning; without a place it gets the step's.</param>
    public void Warn(Diagnostic found) => _warnings.Add(found with { Where = found.Where ?? Step.Origin });

    /// <summary>Runs steps of this step's own, several side by side, and gives their results in order. Each is cached under its own fingerprint and stands in no lock;
    /// one that was run before is not run again.</summary>
    /// <param name="steps">They read inputs of this step, by the same names. The next one is asked for when there is a place for it, from any thread, one at a time.</param>
    /// <exception cref="DiagnosticException">One of them failed; those that ended are kept.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; those that ended are kept.</exception>
    public IReadOnlyList<StepRecord> RunSubsteps(IEnumerable<Step> steps) =>
        (_calls.RunSubsteps ?? throw new InvalidOperationException($"step '{Step.Name}' is part of another, and has no steps of its own"))(steps);
}
