using System.Text.Json.Nodes;

namespace MlOps.Pipelines;

/// <summary>What a target has to say when it is done.</summary>
/// <param name="Exit">The process's exit code.</param>
/// <param name="Text">For people: whole lines without the last line feed; may be empty.</param>
/// <param name="Json">For machines (<c>--json</c>); null where the target has none.</param>
public sealed record Outcome(ExitCode Exit, string Text, JsonNode? Json = null)
{
    /// <summary>The text in a terminal's colours; null where it has none.</summary>
    public string? Painted { get; init; }
}

/// <summary>The exit codes of every target.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Failed, or the input is bad.</summary>
    Failed = 1,

    /// <summary>Work is pending (Plan and Status only).</summary>
    Pending = 2,

    /// <summary>Refused: a gate, a smoke test.</summary>
    Refused = 3,

    /// <summary>The command line is wrong.</summary>
    Usage = 64,

    /// <summary>Cancelled by Ctrl+C.</summary>
    Cancelled = 130,
}

/// <summary>Where a target says what it is doing, while it does it.</summary>
public interface IReporter
{
    /// <summary>Something worth knowing that does not stop the target.</summary>
    void Warn(Content.Diagnostic diagnostic);

    /// <summary>A line about what has just begun or ended, for people who wait.</summary>
    void Note(string line);

    /// <summary>A step that has ended, as one of many: a line where no live line shows how far it is.</summary>
    void Finished(string line);

    /// <summary>The state of what runs now, replaced by the next: shown on terminals only.</summary>
    void Live(string line);
}
