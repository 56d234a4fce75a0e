using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Scores;
using MlOps.Scoring;

namespace MlOps.Tests.Pipelines;

/// <summary>From a CSV file's text to predictions' text, with a model so small that its numbers are known.</summary>
public sealed class ScoreInputTests
{
    private static readonly Signature Inputs = new(ModelTask.Regression, "y", [new("n", FeatureKind.Numeric), new("c", FeatureKind.Categorical), new("t", FeatureKind.Timestamp)], []);

    [Theory]
    [InlineData("integer", "8", "8")]
    [InlineData("integer", "08.0", "8")]
    [InlineData("integer", "new", "new")]
    [InlineData("number", "1e1", "10")]
    [InlineData("boolean", "TRUE", "true")]
    [InlineData("timestamp", "2024-01-31T00:00", "2024-01-31")]
    [InlineData("string", "007", "007")]
    [InlineData(null, "007", "007")]
    public void A_category_is_called_as_training_called_it(string? trained, string text, string expected)
    {
        var input = new ScoreInput(Inputs, trained is null ? null : new JsonObject { ["c"] = trained }, []);
        var frame = input.Of(Assert.Single(Parts($"c,n,t\n{text},1,2024-01-31\n", input.Schema)));
        Assert.Equal(expected, frame["c"].Text(0));
    }

    [Fact]
    public void Columns_that_are_not_asked_for_may_hold_anything()
    {
        var input = new ScoreInput(Inputs, null, ["id"]);
        var part = Assert.Single(Parts("x,n,id,c,t,y\n1,2,007,a,2024-01-31,\nx,3,\"a,\"\"b\",b,,z\n", input.Schema));
        Assert.Equal(["n", "id", "c", "t"], part.Columns.Select(column => column.Name));
        Assert.Equal(("007", "a,\"b"), (part["id"].Text(0), part["id"].Text(1)));
        Assert.True(part["t"].IsMissing(1));
    }

    [Fact]
    public void Parts_are_the_whole_and_faults_have_lines_and_rows_of_the_file()
    {
        var text = new StringBuilder("n,c,t\n");
        for (var row = 0; row < 200_000; row++)
        {
            text.Append(row).Append(",\"c\n").Append(row % 7).Append("\",\n");
        }

        var schema = new ScoreInput(Inputs, null, []).Schema;
        var parts = Parts(text.ToString(), schema).ToList();
        var row2 = 0;
        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.All(Enumerable.Range(0, part.RowCount), row =>
        {
            Assert.Equal((double)row2, ((NumberColumn)part["n"]).Values[row]);
            Assert.Equal($"c\n{row2++ % 7}", part["c"].Text(row));
        }));
        Assert.Equal(200_000, row2);

        var fault = Assert.Single(Assert.Throws<DiagnosticException>(() => Parts(text.Append("oops,c,\n").ToString(), schema).Count()).Diagnostics);
        Assert.Equal(("MLO4011", "t.csv:400002"), (fault.Code, fault.Where));
        Assert.StartsWith("row 200001: 'oops' in column 'n'", fault.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n,C,t\n1,a,\n", "MLO4012", "rename 'C' to 'c'")]
    [InlineData("n,c,t\n", "MLO4002", "add rows")]
    [InlineData("n,c,t\n1,a\n", "MLO4003", "cells")]
    [InlineData("n,c,t\n1,a,\"\n", "MLO4009", "close")]
    [InlineData("n,c,t\n1e999,a,\n", "MLO4008", "mend")]
    [InlineData("", "MLO4001", "header")]
    public void Bad_files_are_told(string text, string code, string mend)
    {
        var fault = Assert.Throws<DiagnosticException>(() => Parts(text, new ScoreInput(Inputs, null, []).Schema).Count()).Diagnostics[0];
        Assert.Equal(code, fault.Code);
        Assert.Contains(mend, fault.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Predictions_are_written_with_what_is_kept_and_quoted_where_needed()
    {
        var signature = new Signature(ModelTask.Multiclass, "y", [], ["a", "b,c", "d"]);
        var text = new StringWriter();
        var writer = new PredictionWriter(text, signature, ["id"]);
        writer.WriteHeader();
        writer.Write(new([new StringColumn("id", [0, StringColumn.Missing], ["x\"y"])]), new(signature, [0.1f, 0.7f, 0.2f, 0.5f, 0.25f, 0.25f]));

        Assert.Equal("id,prediction,probability_a,\"probability_b,c\",probability_d\n\"x\"\"y\",\"b,c\",0.1,0.7,0.2\n,a,0.5,0.25,0.25\n", text.ToString());
        Assert.Equal([1, 1, 0], writer.Classes);
    }

    [Fact]
    public void Binary_has_the_probability_of_the_positive_class_and_regression_its_range()
    {
        var binary = new Signature(ModelTask.Binary, "y", [], ["no", "yes"]);
        var text = new StringWriter();
        new PredictionWriter(text, binary, []).Write(new([]), new(binary, [0.25f, 0.75f, 0.9f, 0.1f]));
        Assert.Equal("yes,0.75\nno,0.1\n", text.ToString());

        var numbers = new PredictionWriter(TextWriter.Null, Inputs, []);
        numbers.Write(new([]), new(Inputs, [1, -3, 5]));
        Assert.Equal((3, -3f, 5f, 1.0), (numbers.Rows, numbers.Least, numbers.Greatest, numbers.Mean));
    }

    [Fact]
    public void Reasons_add_up_to_the_raw_score_of_the_predicted_class()
    {
        var model = MlOps.Tests.Scoring.Samples.Forest(ModelTask.Multiclass, 3);
        var rows = MlOps.Tests.Scoring.Samples.Rows(150, 4);
        var text = new StringWriter();
        var (writer, scorer) = (new PredictionWriter(text, model.Signature, [], new(model)), new Scorer(model));
        writer.WriteHeader();
        writer.Write(rows, scorer.Predict(rows), rows);

        var written = CsvReader.Read(Encoding.UTF8.GetBytes(text.ToString()));
        string[] reasons = [.. Reasons.Columns(model.Signature)];
        Assert.Equal(["because", .. model.Signature.Inputs.Select(input => $"because:{input.Name}")], reasons);
        var (scores, classes) = (scorer.Score(rows), scorer.Predict(rows));
        for (var row = 0; row < 150; row++)
        {
            var sum = reasons.Sum(name => ((NumberColumn)written[name]).Values[row]);
            Assert.Equal(scores[(row * 3) + classes.ClassIndex(row)], sum, 1e-5);
        }
    }

    private static IEnumerable<Frame> Parts(string text, Schema schema) =>
        CsvReader.ReadParts(new MemoryStream(Encoding.UTF8.GetBytes(text)), new() { Path = "t.csv", Schema = schema });
}
