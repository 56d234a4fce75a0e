namespace MlOps.Engine;

/// <summary>What a step's run may see and where it writes.</summary>
public sealed class StepContext
{
    private readonly Func<string, string> _inputPath;
    private readonly Action<string>? _report;

    internal StepContext(Step step, string workDirectory, Func<string, string> inputPath, Action<string>? report) =>
        (Step, WorkDirectory, _inputPath, _report) = (step, workDirectory, inputPath, report);

    /// <summary>Who is told of progress, or null.</summary>
    internal Action<string>? Reporter => _report;

    /// <summary>What the programs printed; kept with the result.</summary>
    internal byte[]? Log { get; set; }

    /// <summary>The workspace if the program is watched for undeclared files of it, else null.</summary>
    internal string? WatchedRoot { get; init; }

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
    public void Report(string progress) => _report?.Invoke(progress);
}
