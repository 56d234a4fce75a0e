namespace MlOps.Scoring.Internal;

/// <summary>Calendar parts of an instant by integer arithmetic alone, as the ONNX graph computes them.</summary>
/// <remarks>Months by the days-from-civil algorithm run backwards, <see href="https://howardhinnant.github.io/date_algorithms.html"/>.</remarks>
internal static class CivilCalendar
{
    public const long DayMilliseconds = 86_400_000;
    public const long HourMilliseconds = 3_600_000;
    public const long MinuteMilliseconds = 60_000;

    // March 1st of year 0 to the epoch, and January 1st of year 1 to the epoch.
    public const long DaysFromMarch = 719_468;
    public const long DaysFromFirst = 719_162;
    public const long EraDays = 146_097;

    /// <param name="part">Which part.</param>
    /// <param name="milliseconds">Since 1970-01-01T00:00:00Z.</param>
    public static long Part(CalendarPart part, long milliseconds) => part switch
    {
        CalendarPart.Days => Days(milliseconds),
        CalendarPart.Hour => Mod(milliseconds, DayMilliseconds) / HourMilliseconds,
        CalendarPart.Weekday => Mod(Days(milliseconds) + 3, 7), // the epoch was a Thursday
        CalendarPart.Month => Month(Days(milliseconds)),
        CalendarPart.Minute => Mod(milliseconds, HourMilliseconds) / MinuteMilliseconds,
        CalendarPart.Day => Day(Days(milliseconds)),
        CalendarPart.Year => Year(Days(milliseconds)),
        _ => DayOfYear(Days(milliseconds)),
    };

    /// <summary>The first value of a part that comes round again, and how many there are; null for others.</summary>
    public static (int First, int Count)? Cycle(CalendarPart part) => part switch
    {
        CalendarPart.Hour => (0, 24),
        CalendarPart.Weekday => (0, 7),
        CalendarPart.Month => (1, 12),
        CalendarPart.Minute => (0, 60),
        CalendarPart.Day => (1, 31),
        CalendarPart.DayOfYear => (1, 366),
        _ => null,
    };

    /// <summary>Sine and cosine of every value from 0 to the last one, one after the other.</summary>
    /// <exception cref="ArgumentException">The part never comes round again.</exception>
    public static float[] Circle(CalendarPart part)
    {
        var (first, count) = Cycle(part) ?? throw new ArgumentException($"{part} never comes round again", nameof(part));
        var circle = new float[2 * (first + count)];
        for (var value = 0; value < first + count; value++)
        {
            var (sine, cosine) = DeterministicMath.Circle((double)(value - first) / count);
            (circle[2 * value], circle[(2 * value) + 1]) = ((float)sine, (float)cosine);
        }

        return circle;
    }

    private static long Days(long milliseconds) => (milliseconds - Mod(milliseconds, DayMilliseconds)) / DayMilliseconds;

    // Years begin in March, so that the leap day ends them; eras of 400 years all have the same days.
    private static (long DayOfEra, long YearOfEra, long DayFromMarch, long MonthFromMarch) Civil(long days)
    {
        var dayOfEra = Mod(days + DaysFromMarch, EraDays);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayFromMarch = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        return (dayOfEra, yearOfEra, dayFromMarch, ((5 * dayFromMarch) + 2) / 153);
    }

    private static long Month(long days) => Mod(Civil(days).MonthFromMarch + 2, 12) + 1;

    private static long Day(long days)
    {
        var (_, _, dayFromMarch, monthFromMarch) = Civil(days);
        return dayFromMarch - (((153 * monthFromMarch) + 2) / 5) + 1;
    }

    // January and February, ten and eleven months from March, belong to the next year.
    private static long Year(long days)
    {
        var (dayOfEra, yearOfEra, _, monthFromMarch) = Civil(days);
        return ((days + DaysFromMarch - dayOfEra) / EraDays * 400) + yearOfEra + (monthFromMarch / 10);
    }

    private static long DayOfYear(long days)
    {
        var before = Year(days) - 1;
        return days + DaysFromFirst - ((365 * before) + (before / 4) - (before / 100) + (before / 400)) + 1;
    }

    private static long Mod(long value, long divisor)
    {
        var rest = value % divisor;
        return rest < 0 ? rest + divisor : rest;
    }
}
