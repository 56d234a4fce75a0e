using System.Globalization;

namespace MlOps.Code;

/// <summary>Lines of a source file.</summary>
/// <param name="File">Relative to the workspace.</param>
/// <param name="First">The first of them, from 1.</param>
/// <param name="Last">The last of them.</param>
public sealed record SourcePlace(string File, int First, int Last)
{
    /// <summary>File and first line, as diagnostics name places.</summary>
    public string Start => string.Create(CultureInfo.InvariantCulture, $"{File}:{First}");

    /// <summary>Reads what <see cref="ToString"/> wrote; null if it is anything else.</summary>
    public static SourcePlace? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && text[(colon + 1)..].Split('-') is [var first, var last]
            && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            ? new(text[..colon], from, to) : null;
    }

    /// <summary><c>models/bike/Bike.cs:12-17</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{First}-{Last}");
}
