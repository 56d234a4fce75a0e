using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring.Computed;

namespace MlOps.Tests.Scoring;

public sealed class FeatureFunctionTests
{
    private static readonly NumberColumn Numbers = new("x", [4, double.NaN, 0, 1, -2]);
    private static readonly BooleanColumn Truths = new("x", [1, BooleanColumn.Missing, 0, 1, 0]);
    private static readonly TimestampColumn Times = new("x", [86_400_000, TimestampColumn.Missing, 0, 1, -2]);
    private static readonly StringColumn Words = new("x", [0, StringColumn.Missing, 1, 0, 2], ["a", "b", ""]);

    public static TheoryData<string, Column, string?[]> Cells() => new()
    {
        { nameof(Functions.Half), Numbers, ["2", null, "0", "0.5", "-1"] },
        { nameof(Functions.Half), Truths, ["0.5", null, "0", "0.5", "0"] },
        { nameof(Functions.OrMinusOne), Numbers, ["4", "-1", "0", "1", "-2"] },
        { nameof(Functions.OrMinusOne), Truths, ["1", "-1", "0", "1", "0"] },
        { nameof(Functions.Single), Numbers, ["2", null, "0", "0.5", "-1"] },
        { nameof(Functions.SingleOrNull), Truths, ["0.5", null, "0", "0.5", "0"] },
        { nameof(Functions.Twice), Numbers, ["8", null, "0", "2", "-4"] },
        { nameof(Functions.TwiceOrNull), Numbers, ["8", null, null, "2", "-4"] },
        { nameof(Functions.Twice), Truths, ["2", null, "0", "2", "0"] },
        { nameof(Functions.Next), Numbers, ["5", null, "1", "2", "-1"] },
        { nameof(Functions.Next), Truths, ["2", null, "1", "2", "1"] },
        { nameof(Functions.Next), Times, ["86400001", null, "1", "2", "-1"] },
        { nameof(Functions.Not), Truths, ["false", null, "true", "false", "true"] },
        { nameof(Functions.NotOrTrue), Truths, ["false", "true", "true", "false", "true"] },
        { nameof(Functions.NextDay), Times, ["1970-01-03", null, "1970-01-02", "1970-01-02T00:00:00.001Z", "1970-01-01T23:59:59.998Z"] },
        { nameof(Functions.NextDayOrNull), Times, ["1970-01-03", null, null, "1970-01-02T00:00:00.001Z", "1970-01-01T23:59:59.998Z"] },
        { nameof(Functions.Twofold), Words, ["aa", null, "bb", "aa", null] },
        { nameof(Functions.OrNone), Words, ["a", "none", "b", "a", null] },
        { nameof(Functions.Twofold), Numbers, ["44", null, "00", "11", "-2-2"] },
        { nameof(Functions.OrNone), Times, ["1970-01-02", "none", "1970-01-01", "1970-01-01T00:00:00.001Z", "1969-12-31T23:59:59.998Z"] },
        { nameof(Functions.HalfOfBlock), Numbers, ["2", null, "0", "0.5", "-1"] },
        { nameof(Functions.HalfOfBlock), Truths, ["0.5", null, "0", "0.5", "0"] },
        { nameof(Functions.Nothing), Numbers, [null, null, null, null, null] },
    };

    [Theory]
    [MemberData(nameof(Cells))]
    public void Cells_become_arguments_and_results_become_cells(string function, Column from, string?[] expected)
    {
        var computed = Of(function, from).Compute("y", [from]);

        Assert.Equal(expected, Enumerable.Range(0, computed.Length).Select(computed.Text));
        Assert.Equal("y", computed.Name);
    }

    [Fact]
    public void Several_columns_are_taken_in_order_and_whole_results_are_integers()
    {
        var computed = Of(nameof(Functions.Mixed), Numbers, Words, Truths).Compute("y", [Numbers, Words, Truths]);

        Assert.Equal(["4-a-True", null, "0-b-False", "1-a-True", "-2--False"], Enumerable.Range(0, 5).Select(computed.Text));
        Assert.Equal(ColumnType.Integer, Of(nameof(Functions.Twice), Numbers).Compute("y", [Numbers]).Type);
    }

    [Fact]
    public void A_function_of_blocks_gives_the_same_for_every_number_of_rows()
    {
        var values = Enumerable.Range(0, 5000).Select(row => row % 13 == 0 ? double.NaN : row / 7.0).ToArray();
        var all = (NumberColumn)Of(nameof(Functions.HalfOfBlock), Numbers).Compute("y", [new NumberColumn("x", values)]);

        Assert.Equal(values.Select(value => value / 2), all.Values);
        foreach (var rows in (int[])[0, 1, 1023, 1024, 1025, 4096])
        {
            Assert.Equal(all.Values[..rows], ((NumberColumn)Of(nameof(Functions.HalfOfBlock), Numbers).Compute("y", [new NumberColumn("x", values[..rows])])).Values);
        }
    }

    [Theory]
    [InlineData(nameof(Functions.Inverse), "no finite number")]
    [InlineData(nameof(Functions.InverseOfBlock), "no finite number")]
    [InlineData(nameof(Functions.Not), "'x' is 4, where 0 or 1 is wanted")]
    [InlineData(nameof(Functions.NotZero), "InvalidOperationException: zero")]
    [InlineData(nameof(Functions.NoZeroInBlock), "InvalidOperationException: zero")]
    public void A_row_without_a_result_is_told_with_its_number(string function, string why)
    {
        var values = new NumberColumn("x", [.. Enumerable.Repeat(1.0, 1500), function == nameof(Functions.Not) ? 4 : 0, 1]);
        var wrong = Assert.Throws<RowException>(() => Of(function, values).Compute("y", [values]));

        Assert.Equal((function, 1500), (wrong.Function, wrong.Row));
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
        Assert.Equal(wrong.InnerException is null, wrong.Mend is not null);
    }

    [Fact]
    public void A_half_is_no_whole_number()
    {
        var halves = new NumberColumn("x", [1, 2.5]);
        Assert.Equal(1, Assert.Throws<RowException>(() => Of(nameof(Functions.Twice), halves).Compute("y", [halves])).Row);
    }

    [Fact]
    public void An_instant_that_no_calendar_has_is_told_with_its_row()
    {
        var times = new TimestampColumn("x", [5, long.MaxValue]);
        Assert.Equal("2", Assert.Throws<RowException>(() => Of(nameof(Functions.NextDay), times).Compute("y", [times])).Number);
    }

    [Theory]
    [InlineData(nameof(Functions.Half), "the parameter double")]
    [InlineData(nameof(Functions.HalfOfBlock), "the parameter ReadOnlySpan<double>")]
    public void A_column_that_the_parameter_cannot_take_is_told_before_any_row(string function, string why)
    {
        var refused = Assert.Single(Assert.Throws<DiagnosticException>(() => Of(function, Words)).Diagnostics);
        Assert.Equal("MLO8338", refused.Code);
        Assert.Contains($"the column is string, {why}", refused.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Functions.Counted))]
    [InlineData(nameof(Functions.SinceLast))]
    [InlineData(nameof(Functions.ShareOfBlock))]
    [InlineData(nameof(Functions.RowOfBlock))]
    public void A_result_that_depends_on_other_rows_is_refused_with_its_row(string function)
    {
        var values = new NumberColumn("x", [.. Enumerable.Range(0, 3000).Select(row => (double)(row * row % 31))]);
        var of = Of(function, values);
        var computed = of.Compute("y", [values]);
        var refused = Assert.Single(Assert.Throws<DiagnosticException>(() => of.Recheck(computed, [values])).Diagnostics);

        Assert.Equal("MLO5090", refused.Code);
        Assert.Matches(@"for row \d+ when", refused.What);
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_result_that_follows_from_its_row_passes(string function, Column from, string?[] expected)
    {
        var of = Of(function, from);
        of.Recheck(of.Compute("y", [from]), [from]);
        Assert.Equal(5, expected.Length);
    }

    private static FeatureFunction Of(string method, params Column[] like) => FeatureFunction.Of(typeof(Functions).GetMethod(method)!, method, like);

    public static class Functions
    {
        private static double _last;

        public static double Half(double x) => x / 2;

        public static double OrMinusOne(double? x) => x ?? -1;

        public static float Single(float x) => x / 2;

        public static float? SingleOrNull(float? x) => x / 2;

        public static int Twice(int x) => 2 * x;

        public static int? TwiceOrNull(int? x) => x == 0 ? null : 2 * x;

        public static long Next(long x) => x + 1;

        public static bool Not(bool x) => !x;

        public static bool? NotOrTrue(bool? x) => x != true;

        public static DateTimeOffset NextDay(DateTimeOffset x) => x.AddDays(1);

        public static DateTimeOffset? NextDayOrNull(DateTimeOffset? x) => x == DateTimeOffset.UnixEpoch ? null : x?.AddDays(1);

        public static string Twofold(string x) => x + x;

        public static string? OrNone(string? x) => x ?? "none";

        public static string Mixed(double x, string? word, bool truth) => string.Create(CultureInfo.InvariantCulture, $"{x}-{word}-{truth}");

        public static double Inverse(double x) => 1 / x;

        public static double NotZero(double x) => x == 0 ? throw new InvalidOperationException("zero") : x;

        public static double Counted(double x) => x + _last++;

        public static double SinceLast(double x) => x - (_last, _last = x).Item1;

        public static void HalfOfBlock(ReadOnlySpan<double> x, Span<double> result)
        {
            for (var i = 0; i < x.Length; i++)
            {
                result[i] = x[i] / 2;
            }
        }

        public static void Nothing(ReadOnlySpan<double> x, Span<double> result)
        {
        }

        public static void InverseOfBlock(ReadOnlySpan<double> x, Span<double> result)
        {
            for (var i = 0; i < x.Length; i++)
            {
                result[i] = 1 / x[i];
            }
        }

        public static void NoZeroInBlock(ReadOnlySpan<double> x, Span<double> result)
        {
            if (x.Contains(0))
            {
                throw new InvalidOperationException("zero");
            }
        }

        public static void ShareOfBlock(ReadOnlySpan<double> x, Span<double> result)
        {
            var sum = 0.0;
            foreach (var value in x)
            {
                sum += value;
            }

            for (var i = 0; i < x.Length; i++)
            {
                result[i] = x[i] / (1 + sum);
            }
        }

        public static void RowOfBlock(ReadOnlySpan<double> x, Span<double> result)
        {
            for (var i = 0; i < x.Length; i++)
            {
                result[i] = i;
            }
        }
    }
}
