using System.Globalization;

namespace MlOps.Scoring.Internal;

/// <summary>Milliseconds since 1970-01-01T00:00:00Z from ISO 8601.</summary>
internal static class Instant
{
    /// <summary>0001-01-01T00:00:00Z.</summary>
    public const long Earliest = -62_135_596_800_000;

    /// <summary>The last millisecond of the year 9999.</summary>
    public const long Latest = 253_402_300_799_999;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads a date, or a date and a time after T or a blank; UTC unless an offset says otherwise; what is finer than milliseconds is cut off.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var read = DateTime.TryParseExact(text.Trim(), Formats, CultureInfo.InvariantCulture, styles, out var time);
        milliseconds = (long)Math.Floor((time - DateTime.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        return read;
    }
}
