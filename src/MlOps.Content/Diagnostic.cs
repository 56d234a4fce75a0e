using System.Text;

namespace MlOps.Content;

/// <summary>How much a <see cref="Diagnostic"/> matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; the target goes on.</summary>
    Warning,

    /// <summary>The target cannot be done.</summary>
    Error,
}

/// <summary>A message to the user about something the user can mend: what, where, why, how.</summary>
/// <param name="Code">Stable code, <c>MLO</c> and four digits, never reused. The first digits tell the project:
/// 1xxx Content and JSON, 2xxx Pipelines, 3xxx Engine, 4xxx Data, 5xxx Scoring, 6xxx Learning, 70xx and 71xx Delivery, Serving and Packaging, 72xx Packaging, 81xx Containers, 82xx Remotes, 83xx Code, 9xxx command line.</param>
/// <param name="What">One sentence without a full stop, lower case.</param>
public sealed record Diagnostic(string Code, string What)
{
    /// <summary>How much it matters; an error unless said otherwise.</summary>
    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>The place: a path relative to the workspace, with <c>:line</c> where a line is meant.</summary>
    public string? Where { get; init; }

    /// <summary>The facts behind it.</summary>
    public string? Why { get; init; }

    /// <summary>What the user can do, best a command to type.</summary>
    public string? Mend { get; init; }

    /// <summary>The form that users see: the code and what, then labelled lines.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Code).Append(Severity == Severity.Error ? " error: " : " warning: ").Append(What);
        Line("  where: ", Where);
        Line("  why:   ", Why);
        Line("  mend:  ", Mend);
        return text.ToString();

        void Line(string label, string? value)
        {
            if (value is not null)
            {
                text.Append('\n').Append(label).Append(value);
            }
        }
    }

    /// <summary>The candidate nearest to a misspelt word by edit distance (at most a third of its length, at least 2; 1 for words of two letters), or null.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        var limit = (word.Length <= 2 ? 1 : Math.Max(2, word.Length / 3)) + 1;
        foreach (var candidate in candidates)
        {
            var distance = EditDistance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < limit)
            {
                (best, limit) = (candidate, distance);
            }
        }

        return best;
    }

    private static int EditDistance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j] + 1, row[j - 1] + 1));
            }
        }

        return row[b.Length];
    }
}

/// <summary>Ends a target because of the user's input: it carries every error found, never a stack trace.</summary>
public sealed class DiagnosticException : Exception
{
    /// <summary>One or more diagnostics, in the order found.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Creates it from what was found.</summary>
    public DiagnosticException(params IReadOnlyList<Diagnostic> diagnostics)
        : base(string.Join('\n', diagnostics)) => Diagnostics = diagnostics;
}
