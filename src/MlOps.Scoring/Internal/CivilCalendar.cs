namespace MlOps.Scoring.Internal;

/// <summary>Calendar parts of an instant by integer arithmetic alone, as the ONNX graph computes them.</summary>
/// <remarks>Months by the days-from-civil algorithm run backwards, <see href="https://howardhinnant.github.io/date_algorithms.html"/>.</remarks>
internal static class CivilCalendar
{
    public const long DayMilliseconds = 86_400_000;
    public const long HourMilliseconds = 3_600_000;

    /// <param name="part">Which part.</param>
    /// <param name="milliseconds">Since 1970-01-01T00:00:00Z.</param>
    public static long Part(CalendarPart part, long milliseconds) => part switch
    {
        CalendarPart.Day => Days(milliseconds),
        CalendarPart.Hour => Mod(milliseconds, DayMilliseconds) / HourMilliseconds,
        CalendarPart.Weekday => Mod(Days(milliseconds) + 3, 7), // the epoch was a Thursday
        _ => Month(Days(milliseconds)),
    };

    private static long Days(long milliseconds) => (milliseconds - Mod(milliseconds, DayMilliseconds)) / DayMilliseconds;

    private static long Month(long days)
    {
        // Years begin in March, so that the leap day ends them; eras of 400 years all have the same days.
        var dayOfEra = Mod(days + 719_468, 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        return Mod(monthFromMarch + 2, 12) + 1;
    }

    private static long Mod(long value, long divisor)
    {
        var rest = value % divisor;
        return rest < 0 ? rest + divisor : rest;
    }
}
