using System.Text;

namespace MlOps.Data;

/// <summary>Reads ISO 8601 dates and times: <c>2024-01-31</c>, <c>2024-01-31T08:15</c>, a blank for the T, seconds, a fraction of up to nine digits,
/// <c>Z</c> or an offset.</summary>
public static class IsoTime
{
    /// <summary>0001-01-01T00:00:00Z, in milliseconds since 1970-01-01T00:00:00Z.</summary>
    public const long Earliest = -62_135_596_800_000;

    /// <summary>The last millisecond of the year 9999.</summary>
    public const long Latest = 253_402_300_799_999;

    private const int Longest = 40;

    /// <summary>As <see cref="TryParse(ReadOnlySpan{byte}, out long)"/>, from characters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        Span<byte> ascii = stackalloc byte[Longest];
        milliseconds = 0;
        return text.Length <= Longest && Encoding.UTF8.TryGetBytes(text, ascii, out var length) && TryParse(ascii[..length], out milliseconds);
    }

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, <see cref="Earliest"/> to <see cref="Latest"/>; digits beyond milliseconds are cut. No
    /// offset means UTC.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long milliseconds) =>
        TryRead(text, out milliseconds) && milliseconds is >= Earliest and <= Latest;

    private static bool TryRead(ReadOnlySpan<byte> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-'
            || !Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks;
        milliseconds = ticks / TimeSpan.TicksPerMillisecond;
        return text.Length == 10 || (text[10] is (byte)'T' or (byte)' ' && TryTime(text[11..], ref milliseconds));
    }

    private static bool TryTime(ReadOnlySpan<byte> text, ref long milliseconds)
    {
        if (text.Length < 5 || text[2] != ':' || !Digits(text[..2], out var hour) || !Digits(text[3..5], out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        var second = 0;
        var fraction = 0;
        text = text[5..];
        if (text.Length >= 3 && text[0] == ':')
        {
            if (!Digits(text[1..3], out second) || second > 59)
            {
                return false;
            }

            text = text[3..];
            if (text.Length > 1 && text[0] == '.' && !TryFraction(ref text, out fraction))
            {
                return false;
            }
        }

        milliseconds += ((((hour * 60L) + minute) * 60) + second) * 1000 + fraction;
        return TryOffset(text, ref milliseconds);
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, out int milliseconds)
    {
        var end = text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var length = end < 0 ? text.Length - 1 : end;
        milliseconds = 0;
        for (var i = 1; i <= 3; i++)
        {
            milliseconds = (milliseconds * 10) + (i <= length ? text[i] - '0' : 0);
        }

        text = text[(length + 1)..];
        return length is > 0 and <= 9;
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, ref long milliseconds)
    {
        if (text.IsEmpty || text.SequenceEqual("Z"u8))
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length is not (3 or 5 or 6) || (text.Length == 6 && text[3] != ':'))
        {
            return false;
        }

        var minutes = 0;
        if (!Digits(text[1..3], out var hours) || (text.Length > 3 && !Digits(text[^2..], out minutes)) || hours > 23 || minutes > 59)
        {
            return false;
        }

        var offset = ((hours * 60L) + minutes) * 60_000;
        milliseconds -= text[0] == '+' ? offset : -offset;
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
