using System.Globalization;

namespace MlOps.Scoring.Internal;

/// <summary>Milliseconds since 1970-01-01T00:00:00Z from ISO 8601.</summary>
internal static class Instant
{
    /// <summary>No instant of the years 1 to 9999 is further from the epoch, in milliseconds.</summary>
    public const double Furthest = 253_402_300_799_999;

    private static readonly long Earliest = (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    public static bool IsInRange(long milliseconds) => milliseconds >= Earliest && milliseconds <= Furthest;

    /// <summary>Reads a date, or a date and a time after T or a blank; UTC unless an offset says otherwise; what is finer than milliseconds is cut off.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var read = DateTime.TryParseExact(text.Trim(), Formats, CultureInfo.InvariantCulture, styles, out var time);
        milliseconds = (long)Math.Floor((time - DateTime.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        return read;
    }
}
