using MlOps.Content;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Columns that may know the label, and the figure that says so.</summary>
internal sealed record Leak(string Code, IReadOnlyList<string> Columns, string What, string Why)
{
    /// <summary>Whether leaving the columns out is the user's choice still to make.</summary>
    internal bool IsFeature { get; init; } = true;

    internal Diagnostic ToDiagnostic(string where) => new(Code, What)
    {
        Severity = Severity.Warning,
        Where = where,
        Why = Why,
        Mend = IsFeature
            ? $"if this is not known at the time of prediction, leave it out: --drop {string.Join(',', Columns)}"
            : "nothing to do: it was left out",
    };
}
