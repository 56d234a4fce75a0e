using System.Diagnostics.CodeAnalysis;

namespace MlOps.Content;

/// <summary>A path relative to the workspace's root that cannot leave it: <c>/</c> between segments, no <c>.</c>, <c>..</c>, empty segment, backslash or NUL.</summary>
/// <remarks>Symbolic links are judged when the file is read, not here.</remarks>
public readonly record struct WorkspacePath : IComparable<WorkspacePath>
{
    private readonly string? _value;

    private WorkspacePath(string value) => _value = value;

    /// <summary>The text, such as <c>models/churn/data/customers.csv</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Reads a path; a leading <c>./</c> and a trailing <c>/</c> are dropped.</summary>
    /// <exception cref="FormatException">The text is empty, absolute or leaves the workspace.</exception>
    public static WorkspacePath Parse(string text) =>
        TryParse(text, out var path) ? path : throw new FormatException($"'{text}' is not a path inside the workspace");

    /// <summary>Reads a path; false if it is empty, absolute or leaves the workspace.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out WorkspacePath path)
    {
        path = default;
        if (text is null)
        {
            return false;
        }

        while (text.StartsWith("./", StringComparison.Ordinal))
        {
            text = text[2..];
        }

        text = text.EndsWith('/') ? text[..^1] : text;
        if (text.Length == 0 || text.AsSpan().ContainsAny('\\', '\0') || (text.Length > 1 && text[1] == ':'))
        {
            return false;
        }

        for (var (start, end) = (0, 0); start <= text.Length; start = end + 1)
        {
            end = text.IndexOf('/', start) is var slash and >= 0 ? slash : text.Length;
            if (text.AsSpan(start, end - start) is "" or "." or "..")
            {
                return false;
            }
        }

        path = new(text);
        return true;
    }

    /// <summary>The absolute path under a workspace's root.</summary>
    public string In(string root) => Path.Join(root, Value);

    /// <summary>Whether one of the two is the other or lies below it.</summary>
    public bool Overlaps(WorkspacePath other) =>
        Value == other.Value
        || Value.StartsWith(other.Value + "/", StringComparison.Ordinal)
        || other.Value.StartsWith(Value + "/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(WorkspacePath other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The text.</summary>
    public override string ToString() => Value;

    /// <summary>Ordinal order.</summary>
    public static bool operator <(WorkspacePath left, WorkspacePath right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(WorkspacePath left, WorkspacePath right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(WorkspacePath left, WorkspacePath right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(WorkspacePath left, WorkspacePath right) => left.CompareTo(right) >= 0;
}
