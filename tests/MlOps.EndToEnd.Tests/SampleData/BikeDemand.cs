namespace MlOps.Tests.SampleData;

/// <summary>Simulates two years of hourly bicycle rentals in a city: commuting peaks on working days, weather, seasons, slow growth.</summary>
internal static class BikeDemand
{
    private static readonly double[] WorkingDay = [18, 10, 7, 5, 8, 30, 110, 290, 420, 230, 150, 160, 195, 190, 185, 210, 310, 480, 440, 300, 210, 150, 100, 50];
    private static readonly double[] FreeDay = [70, 55, 42, 25, 12, 12, 20, 45, 95, 160, 230, 290, 325, 330, 325, 320, 305, 280, 235, 190, 150, 120, 100, 80];
    private static readonly double[] OfWeekday = [1.02, 0.97, 1.0, 1.0, 1.04, 1.05, 0.93, ];
    private static readonly string[] Weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    private static readonly string[] Weathers = ["clear", "cloudy", "rain", "snow"];
    private static readonly double[] OfWeather = [1.0, 0.92, 0.55, 0.35];
    private static readonly (int Month, int Day)[] Holidays = [(1, 1), (5, 1), (7, 14), (8, 15), (11, 1), (12, 25), (12, 26)];

    /// <summary>The CSV: one row per hour, oldest first.</summary>
    public static byte[] Csv()
    {
        var table = new Table("timestamp", "hour", "weekday", "season", "workingDay", "temperature", "humidity", "windSpeed", "weather", "rentals");
        var draws = new Draws(20230101);
        var (warmth, damp, gust, weather) = (0.0, 0.0, 0.0, 0);
        var start = new DateTime(2023, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
        var hours = (int)(start.AddYears(2) - start).TotalHours;
        for (var i = 0; i < hours; i++)
        {
            var time = start.AddHours(i);
            // Monday is 0; the calendar's own numbering starts with Sunday.
            var weekday = ((int)time.DayOfWeek + 6) % 7;
            var working = weekday < 5 && !Holidays.Contains((time.Month, time.Day));

            warmth = 0.98 * warmth + 0.6 * draws.Normal();
            damp = 0.95 * damp + 2.5 * draws.Normal();
            gust = 0.9 * gust + 2.6 * draws.Normal();
            var temperature = 11 + 10.5 * Wave((time.DayOfYear - 110) / 365.25) + 3.5 * Wave((time.Hour - 9) / 24.0) + warmth;
            weather = draws.Happens(0.2) ? NextWeather(draws, temperature) : weather == 3 && temperature > 2 ? 2 : weather;
            var humidity = Math.Clamp(68 - 0.8 * (temperature - 11) + (weather >= 2 ? 16 : 0) + damp, 18, 100);
            var wind = Math.Abs(12 + gust);

            var demand = (working ? WorkingDay : FreeDay)[time.Hour] * OfWeekday[weekday] * OfWeather[weather]
                * Comfort(temperature) * (1 - 0.006 * Math.Max(0, wind - 15)) * (1 - 0.002 * Math.Max(0, humidity - 70))
                * (1 + 0.06 * i / hours);
            var noise = 1 + 0.16 * draws.Normal();
            var rentals = Math.Max(0, demand * noise + Math.Sqrt(demand) * draws.Normal());
            table.Add(
                time.ToString("yyyy-MM-dd'T'HH:mm:ss", null), time.Hour, Weekdays[weekday], Season(time.Month), working,
                Table.Number(temperature, 1), Table.Number(humidity, 0),
                // The anemometer fails now and then.
                draws.Happens(0.01) ? null : Table.Number(wind, 1),
                Weathers[weather], Table.Number(rentals, 0));
        }

        return table.ToBytes();
    }

    private static int NextWeather(Draws draws, double temperature) =>
        temperature < 1 ? draws.Weighted(0.5, 0.3, 0.03, 0.17) : draws.Weighted(0.52, 0.3, 0.18);

    // Best at 23 °C, half of it at the freezing point.
    private static double Comfort(double celsius)
    {
        var off = (celsius - 23) / 23;
        return 1 / (1 + off * off) * (celsius > 30 ? 0.85 : 1);
    }

    private static string Season(int month) => month switch
    {
        12 or 1 or 2 => "winter",
        <= 5 => "spring",
        <= 8 => "summer",
        _ => "autumn",
    };

    // Two parabolas in the place of a sine of period 1, whose last bits differ between machines.
    private static double Wave(double turns)
    {
        var x = turns - Math.Floor(turns);
        return x < 0.5 ? 16 * x * (0.5 - x) : -16 * (x - 0.5) * (1 - x);
    }
}
