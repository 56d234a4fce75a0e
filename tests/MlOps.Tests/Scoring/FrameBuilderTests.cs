using System.Text;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class FrameBuilderTests
{
    private readonly FrameBuilder _builder = FrameBuilder.For(Samples.Signature(ModelTask.Regression, new InputColumn("n", FeatureKind.Numeric),
        new InputColumn("b", FeatureKind.Boolean), new InputColumn("c", FeatureKind.Categorical), new InputColumn("w", FeatureKind.Timestamp), new InputColumn("é", FeatureKind.Text)));

    [Theory]
    [InlineData("n", "8", "8")]
    [InlineData("n", " 1.5e3 ", "1500")]
    [InlineData("n", "", null)]
    [InlineData("b", "TRUE", "true")]
    [InlineData("b", "0", "false")]
    [InlineData("c", "8.0", "8.0")]
    [InlineData("c", "", null)]
    [InlineData("w", "2024-02-29", "2024-02-29")]
    [InlineData("w", "2024-02-29T23:30:00+01:00", "2024-02-29T22:30:00Z")]
    [InlineData("w", "2024-02-29 23:30:00.1239", "2024-02-29T23:30:00.123Z")]
    [InlineData("w", " 2024-02-29T23:30:00.123456789+0100\n", "2024-02-29T22:30:00.123Z")]
    [InlineData("é", "Zürich 🎉", "Zürich 🎉")]
    public void Texts_become_what_the_input_wants(string input, string text, string? expected)
    {
        _builder.AddRow();
        Assert.True(_builder.TrySetText(_builder.IndexOf(input), text, out _));
        _builder.AddRow();
        Assert.True(_builder.TrySetText(_builder.IndexOf(Encoding.UTF8.GetBytes(input)), Encoding.UTF8.GetBytes(text), out _));
        Assert.Equal([expected, expected], Enumerable.Range(0, 2).Select(_builder.Build()[input].Text));
    }

    [Theory]
    [InlineData("n", 0.1, "0.1")]
    [InlineData("b", 1, "true")]
    [InlineData("c", 8, "8")]
    [InlineData("c", 0.5, "0.5")]
    [InlineData("c", -0.0, "0")]
    [InlineData("w", 86400000, "1970-01-02")]
    [InlineData("é", 7, "7")]
    public void Numbers_become_what_the_input_wants(string input, double number, string expected)
    {
        _builder.AddRow();
        Assert.True(_builder.TrySetNumber(_builder.IndexOf(input), number, out _));
        Assert.Equal(expected, _builder.Build()[input].Text(0));
    }

    [Theory]
    [InlineData("n", "1")]
    [InlineData("b", "true")]
    [InlineData("c", "true")]
    public void Truth_values_become_what_the_input_wants(string input, string expected)
    {
        _builder.AddRow();
        Assert.True(_builder.TrySetBoolean(_builder.IndexOf(input), true, out _));
        Assert.Equal(expected, _builder.Build()[input].Text(0));
    }

    [Theory]
    [InlineData("n", "eight", "'eight' is not a number")]
    [InlineData("n", "NaN", "'NaN' is not a number")]
    [InlineData("n", "1e39", "is beyond the range of float32")]
    [InlineData("b", "2", "'2' is neither true nor false")]
    [InlineData("w", "0001-01-01T00:00+00:01", "'0001-01-01T00:00+00:01' is no ISO 8601 date or time")]
    [InlineData("w", "2024-02-2\u0669", "'2024-02-2\u0669' is no ISO 8601 date or time")]
    [InlineData("w", "yesterday", "'yesterday' is no ISO 8601 date or time")]
    public void Impossible_texts_are_refused_with_the_reason_and_leave_the_cell_missing(string input, string text, string expected)
    {
        _builder.AddRow();
        Assert.False(_builder.TrySetText(_builder.IndexOf(input), text, out var reason));
        Assert.Equal(expected, reason);
        Assert.True(_builder.Build()[input].IsMissing(0));
    }

    [Theory]
    [InlineData("n", double.NaN)]
    [InlineData("n", 1e39)]
    [InlineData("b", 0.5)]
    [InlineData("w", 0.5)]
    [InlineData("w", 1e15)]
    [InlineData("c", double.PositiveInfinity)]
    public void Impossible_numbers_are_refused_and_leave_the_cell_missing(string input, double number)
    {
        _builder.AddRow();
        Assert.False(_builder.TrySetNumber(_builder.IndexOf(input), number, out var reason));
        Assert.NotEmpty(reason);
        Assert.True(_builder.Build()[input].IsMissing(0));
    }

    [Fact]
    public void Cells_never_set_are_missing_and_a_frame_outlives_the_builders_next_rows()
    {
        _builder.AddRow();
        _builder.TrySetText(2, "old", out _);
        var frame = _builder.Build();
        _builder.Clear();
        _builder.AddRow();
        _builder.TrySetText(2, "new", out _);
        Assert.Equal(("old", 1, 1), (frame["c"].Text(0), frame["n"].MissingCount, _builder.RowCount));
        Assert.Equal("new", _builder.Build()["c"].Text(0));
        Assert.Equal(-1, _builder.IndexOf("absent"));
    }
}
