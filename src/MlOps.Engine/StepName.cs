using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace MlOps.Engine;

/// <summary>A step's name in its workspace, such as <c>bike-demand/train</c>, <c>data/bike-hours</c> or <c>steps/embed</c>:
/// segments of letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, joined by <c>/</c>; an instance of many adds <c>@region=north,size=2</c>.</summary>
public readonly record struct StepName : IComparable<StepName>
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@=,");

    private readonly string? _value;

    private StepName(string value) => _value = value;

    /// <summary>The text.</summary>
    public string Value => _value ?? "";

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">The text is not a step's name.</exception>
    public static StepName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a step's name");

    /// <summary>Reads a name; false if the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out StepName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.AsSpan().ContainsAnyExcept(Allowed)
            || text[0] == '/' || text[^1] == '/' || text.Contains("//", StringComparison.Ordinal))
        {
            return false;
        }

        name = new(text);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(StepName other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The text.</summary>
    public override string ToString() => Value;

    /// <summary>Ordinal order.</summary>
    public static bool operator <(StepName left, StepName right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(StepName left, StepName right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(StepName left, StepName right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(StepName left, StepName right) => left.CompareTo(right) >= 0;
}
