using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Tests.Pipelines.ModelCode;

public sealed class RowFunctionTests
{
    [Fact]
    public void A_missing_value_gives_a_missing_result_where_the_parameter_takes_none()
    {
        var result = (NumberColumn)Of("Half", new NumberColumn("x", [4, double.NaN])).Compute("half");

        Assert.Equal([2, double.NaN], result.Values);
    }

    [Fact]
    public void A_missing_value_is_null_where_the_parameter_takes_it()
    {
        Assert.Equal([4, -1], ((NumberColumn)Of("OrMinusOne", new NumberColumn("x", [4, double.NaN])).Compute("y")).Values);
        Assert.Equal(["a", "none"], Texts(Of("OrNone", new StringColumn("x", [0, -1], ["a"])).Compute("y")));
    }

    [Fact]
    public void Zero_and_one_are_truth_values_and_nothing_else_is()
    {
        Assert.Equal([1, 0], ((BooleanColumn)Of("Not", new NumberColumn("x", [0, 1])).Compute("y")).Values);
        Assert.Equal("MLO8339", Refused(() => Of("Not", new NumberColumn("x", [0, 2])).Compute("y")).Code);
    }

    [Fact]
    public void Instants_come_and_go_in_milliseconds()
    {
        var result = (TimestampColumn)Of("NextDay", new TimestampColumn("x", [5, TimestampColumn.Missing])).Compute("y");

        Assert.Equal([86_400_005, TimestampColumn.Missing], result.Values);
    }

    [Fact]
    public void An_instant_that_no_calendar_has_is_told_with_its_row()
    {
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => Of("NextDay", new TimestampColumn("x", [5, long.MaxValue])).Compute("y"));

        Assert.Equal(2, thrown.Data[RowFunction.Row]);
    }

    [Fact]
    public void A_half_is_no_whole_number() =>
        Assert.Contains("row 2", Refused(() => Of("Twice", new NumberColumn("x", [1, 2.5])).Compute("y")).What, StringComparison.Ordinal);

    [Fact]
    public void An_infinite_result_is_refused() => Assert.Equal("MLO8339", Refused(() => Of("Inverse", new NumberColumn("x", [0])).Compute("y")).Code);

    [Fact]
    public void A_column_that_the_parameter_cannot_take_is_told_before_any_row() =>
        Assert.Contains("the column is string, the parameter double", Refused(() => Of("Half", new StringColumn("x", [], []))).Why, StringComparison.Ordinal);

    private static RowFunction Of(string method, Column column) => new(typeof(Functions).GetMethod(method)!, method, "models/m/model.json#/features/y/from", [column]);

    private static Diagnostic Refused(Action action) => Assert.Single(Assert.Throws<DiagnosticException>(action).Diagnostics);

    private static List<string?> Texts(Column column) => [.. Enumerable.Range(0, column.Length).Select(column.Text)];

    public static class Functions
    {
        public static double Half(double x) => x / 2;

        public static double OrMinusOne(double? x) => x ?? -1;

        public static string OrNone(string? x) => x ?? "none";

        public static bool Not(bool x) => !x;

        public static DateTimeOffset NextDay(DateTimeOffset x) => x.AddDays(1);

        public static int Twice(int x) => 2 * x;

        public static double Inverse(double x) => 1 / x;
    }
}
