using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class CalendarTests
{
    private static readonly CalendarEncoder AllParts = new("when", [CalendarPart.Days, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month, CalendarPart.Minute, CalendarPart.Day, CalendarPart.DayOfYear, CalendarPart.Year],
        [float.NaN, -1, -2, -3, -4, -5, -6, -7], new float[8], [1, 1, 1, 1, 1, 1, 1, 1]);

    [Fact]
    public void Parts_are_those_of_DateTime_on_every_day_from_1600_to_2400()
    {
        var first = new DateTime(1600, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var times = Enumerable.Range(0, (int)(new DateTime(2400, 12, 31, 0, 0, 0, DateTimeKind.Utc) - first).TotalDays)
            .Select(day => first.AddDays(day).AddMilliseconds(day * 7919L % 86_400_000)).ToArray();
        var features = FeatureEncoding.Encode([AllParts], Instants([.. times.Select(t => (long)(t - DateTime.UnixEpoch).TotalMilliseconds)])).Dense;
        for (var i = 0; i < times.Length; i++)
        {
            Assert.Equal(Math.Floor((times[i] - DateTime.UnixEpoch).TotalDays), features[0][i]);
            Assert.Equal(times[i].Hour, features[1][i]);
            Assert.Equal(((int)times[i].DayOfWeek + 6) % 7, features[2][i]);
            Assert.Equal(times[i].Month, features[3][i]);
            Assert.Equal(times[i].Minute, features[4][i]);
            Assert.Equal(times[i].Day, features[5][i]);
            Assert.Equal(times[i].DayOfYear, features[6][i]);
            Assert.Equal(times[i].Year, features[7][i]);
        }
    }

    [Theory]
    [InlineData(-1, -1, 23)]
    [InlineData(0, 0, 0)]
    [InlineData(86_399_999, 0, 23)]
    [InlineData(86_400_000, 1, 0)]
    public void Days_end_a_millisecond_before_midnight(long milliseconds, float day, float hour)
    {
        var features = FeatureEncoding.Encode([AllParts], Instants(milliseconds)).Dense;
        Assert.Equal((day, hour), (features[0][0], features[1][0]));
    }

    [Fact]
    public void A_missing_instant_gives_the_fill()
    {
        var features = FeatureEncoding.Encode([AllParts], Instants(TimestampColumn.Missing)).Dense;
        Assert.Equal([float.NaN, -1, -2, -3, -4, -5, -6, -7], features.Select(f => f[0]));
    }

    [Fact]
    public void The_first_and_the_last_value_of_a_circle_are_neighbours()
    {
        var midnight = new DateTime(2024, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        var times = Enumerable.Range(0, 24).Select(hour => midnight.AddHours(hour)).ToArray();
        var circle = FeatureEncoding.Encode([new CyclicEncoder("when", [CalendarPart.Hour], -9)],
            Instants([.. times.Select(t => (long)(t - DateTime.UnixEpoch).TotalMilliseconds), TimestampColumn.Missing])).Dense;
        for (var hour = 0; hour < 24; hour++)
        {
            Assert.Equal(Math.Sin(2 * Math.PI * hour / 24), circle[0][hour], 1e-7);
            Assert.Equal(Math.Cos(2 * Math.PI * hour / 24), circle[1][hour], 1e-7);
        }

        Assert.Equal((-9f, -9f), (circle[0][24], circle[1][24]));
    }

    private static Frame Instants(params long[] milliseconds) => new([new TimestampColumn("when", milliseconds)]);
}
