using System.Globalization;

namespace MlOps.Data;

/// <summary>The canonical text of a cell: what a category is called, in training and in scoring alike.</summary>
public static class CellText
{
    /// <summary>The shortest text that reads back as the same double, in the invariant culture: 8, 0.1, 1E+20; both zeros are 0.</summary>
    public static string Of(double value) => (value + 0.0).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Writes what <see cref="Of"/> gives.</summary>
    /// <param name="destination">Of 32 characters at least.</param>
    /// <returns>How many were written.</returns>
    public static int Format(double value, Span<char> destination)
    {
        _ = (value + 0.0).TryFormat(destination, out var written, "R", CultureInfo.InvariantCulture);
        return written;
    }

    /// <summary>ISO 8601 in UTC; the time part only where it is not midnight, fractions only where there are any.</summary>
    /// <param name="milliseconds">Since 1970-01-01T00:00:00Z.</param>
    public static string OfTimestamp(long milliseconds)
    {
        var time = DateTime.UnixEpoch.AddMilliseconds(milliseconds);
        var format = time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd"
            : time.Millisecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        return time.ToString(format, CultureInfo.InvariantCulture);
    }
}
