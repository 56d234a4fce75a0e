using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Engine;
using MlOps.Scoring;
using MlOps.Scoring.Oracle;

namespace MlOps.EndToEnd.Tests;

/// <summary><c>Score</c> on the samples: the same predictions as the service's scorer and as another program, whole or nothing.</summary>
public sealed class ScoreTests(ScoreTests.TrainedSamples samples) : IClassFixture<ScoreTests.TrainedSamples>
{
    private Workspace Samples => samples.Workspace;

    [SkippableTheory]
    [InlineData("bike-demand", "models/bike-demand/data/hours.csv")]
    [InlineData("churn", "models/churn/data/customers.csv")]
    [InlineData("ticket-routing", "models/ticket-routing/data/tickets.csv")]
    public void A_file_scores_as_by_the_scorer_and_by_Onnx_Runtime(string model, string data)
    {
        Samples.Run($"Score --model {model} --data {data} --out {model}.csv").Expect(0);

        var (bytes, frame, written) = (samples.Model(model), CsvReader.ReadFile(Samples.At(data)), CsvReader.ReadFile(Samples.At($"{model}.csv")));
        var trained = OnnxModel.Read(bytes);
        var expected = new Scorer(trained).Predict(frame);
        Assert.Equal(frame.RowCount, written.RowCount);
        Assert.Equal(expected.Values.Where((_, i) => trained.Signature.Task != ModelTask.Binary || i % 2 == 1), Values(written, trained.Signature));
        Assert.All(Enumerable.Range(0, trained.Signature.Classes.Count > 0 ? written.RowCount : 0), row => Assert.Equal(expected.Class(row), written["prediction"].Text(row)));

        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var some = Enumerable.Range(0, 100).Select(i => i * frame.RowCount / 100).ToArray();
        var theirs = OnnxOracle.Score(bytes, frame.Select(some)).Values.Where((_, i) => trained.Signature.Task != ModelTask.Binary || i % 2 == 1);
        Assert.All(Values(written.Select(some), trained.Signature).Zip(theirs), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Rows_keep_their_order_and_a_long_file_is_scored_as_a_short_one()
    {
        var lines = File.ReadAllLines(Samples.At("models/churn/data/customers.csv"));
        Samples.Run("Score --model churn --data models/churn/data/customers.csv --out short.csv --keep customerId,churned").Expect(0);
        // Some MB: several parts.
        Samples.Write("long-in.csv", string.Join('\n', [lines[0], .. Enumerable.Range(0, 8).SelectMany(_ => lines.Skip(1))]));
        Samples.Run("Score --model churn --data long-in.csv --out long.csv --keep customerId,churned").Expect(0);

        var once = File.ReadAllLines(Samples.At("short.csv"));
        Assert.Equal("customerId,churned,prediction,probability", once[0]);
        Assert.Equal(lines.Skip(1).Select(line => line.Split(',')[0]), once.Skip(1).Select(line => line.Split(',')[0]));
        Assert.Equal([once[0], .. Enumerable.Range(0, 8).SelectMany(_ => once.Skip(1))], File.ReadAllLines(Samples.At("long.csv")));
        Assert.Equal(File.ReadAllText(Samples.At("short.csv")), Samples.Run("Score --model churn --data models/churn/data/customers.csv --out - --keep customerId,churned").Expect(0).Output);
    }

    [Fact]
    public void Reasons_with_their_base_add_up_to_what_is_predicted()
    {
        Samples.Run("Score --model bike-demand --data models/bike-demand/data/hours.csv --out because.csv --explain").Expect(0);
        var written = CsvReader.ReadFile(Samples.At("because.csv"));
        var reasons = written.Columns.Where(column => column.Name.StartsWith("because", StringComparison.Ordinal)).Select(column => ((NumberColumn)column).Values).ToList();
        Assert.Equal(9, reasons.Count);
        var predicted = ((NumberColumn)written["prediction"]).Values;
        Assert.All(Enumerable.Range(0, written.RowCount), row => Assert.Equal(predicted[row], reasons.Sum(values => values[row]), 1e-3));
        Assert.Contains("MLO2184", Samples.Run("Score --model bike-demand --data because.csv --out o.csv --explain --keep because:hour").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kill_leaves_the_old_output_and_nothing_beside_it()
    {
        var lines = File.ReadAllLines(Samples.At("models/churn/data/customers.csv"));
        Samples.Write("killed/in.csv", string.Join('\n', [lines[0], .. Enumerable.Range(0, 100).SelectMany(_ => lines.Skip(1))]));
        Samples.Write("killed/out/out.csv", "old");
        var temporary = Samples.At(".mlops/store/tmp");
        Samples.During(
            "Score --model churn --data killed/in.csv --out killed/out/out.csv",
            () => Directory.Exists(temporary) && Directory.EnumerateFiles(temporary).Any(file => new FileInfo(file) is { Exists: true, Length: > 0 }),
            process => process.Kill());
        Assert.Equal("old", File.ReadAllText(Samples.At("killed/out/out.csv")));
        Assert.Single(Directory.EnumerateFileSystemEntries(Samples.At("killed/out")));
    }

    [Theory]
    [InlineData("--model churn --data nothing.csv --out o.csv", "", 1, "MLO2182")]
    [InlineData("--data bad.csv --out o.csv", "a\n1\n", 1, "MLO2180")]
    [InlineData("--model churn@1.2.0 --data bad.csv --out o.csv", "a\n1\n", 1, "MLO2181")]
    [InlineData("--model churm --data bad.csv --out o.csv", "a\n1\n", 1, "did you mean 'churn'?")]
    [InlineData("--model churn --data bad.csv --out bad.csv", "a\n1\n", 1, "MLO2183")]
    [InlineData("--model churn --data bad.csv --out o.csv --keep prediction", "a\n1\n", 1, "MLO2184")]
    [InlineData("--model churn --data bad.csv --out o.csv", "Age,region\n1,east\n", 1, "rename 'Age' to 'age'")]
    [InlineData("--model churn --data bad.csv --out o.csv", "HEADER\nC1,old,east,plus,yearly,invoice,1,29.90,9.3,0,4,true,true,no\n", 1, "bad.csv:2")]
    [InlineData("--model churn --data bad.csv", "a\n1\n", 64, "--out")]
    [InlineData("--model churn --data bad.csv --out - --json", "a\n1\n", 64, "--json")]
    public void Bad_input_is_told_and_leaves_no_output(string options, string text, int exit, string told)
    {
        Samples.Write("bad.csv", text.Replace("HEADER", File.ReadLines(Samples.At("models/churn/data/customers.csv")).First(), StringComparison.Ordinal));
        Assert.Contains(told, Samples.Run($"Score {options}").Expect(exit).Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Samples.At("o.csv")));
    }

    [Fact]
    public void A_category_never_seen_and_empty_cells_score_as_the_model_takes_them()
    {
        Samples.Write("odd.csv", "id,plan,region,contract,paymentMethod,age,tenureMonths,monthlyCharge,dataUsageGb,supportCalls,satisfaction,paperless,autoPay\n1,never-seen,,,,,,,,,,,\n");
        var ran = Samples.Run("Score --model churn --data odd.csv --out odd-out.csv --json").Expect(0);
        Assert.Equal(1, (int)ran.Json["rows"]!);
        Assert.InRange(double.Parse(File.ReadAllLines(Samples.At("odd-out.csv"))[1].Split(',')[1], CultureInfo.InvariantCulture), 0, 1);
    }

    [Fact]
    public void A_model_that_the_store_lacks_comes_from_a_remote()
    {
        using var workspace = Workspace.OfSamples();
        workspace.Write("in.csv", File.ReadAllText(workspace.At("models/churn/data/customers.csv")));
        Assert.Contains("MLO2062", workspace.Run("Score --model churn --data in.csv --out o.csv").Expect(1).Errors, StringComparison.Ordinal);

        var remote = Path.Combine(Samples.Root, "remote");
        Samples.Run($"Push --remote {remote}").Expect(0);
        workspace.Replace("nuke.json", "\"data\":", $"\"store\": {{ \"remotes\": [\"{remote}\"] }}, \"data\":");
        workspace.Run("Score --model churn --data in.csv --out o.csv").Expect(0);
        Assert.Equal(6001, File.ReadAllLines(workspace.At("o.csv")).Length);
    }

    private static IEnumerable<float> Values(Frame written, Signature signature)
    {
        var columns = signature.Task switch
        {
            ModelTask.Regression => ["prediction"],
            ModelTask.Binary => ["probability"],
            _ => signature.Classes.Select(name => $"probability_{name}"),
        };
        var values = columns.Select(name => ((NumberColumn)written[name]).Values).ToArray();
        return Enumerable.Range(0, written.RowCount).SelectMany(row => values.Select(column => (float)column[row]));
    }

    /// <summary>The samples, trained once.</summary>
    public sealed class TrainedSamples : IDisposable
    {
        internal Workspace Workspace { get; } = Workspace.OfSamples();

        public TrainedSamples() => Workspace.Run("Train").Expect(0);

        internal byte[] Model(string name)
        {
            var trace = LockFile.Read(Workspace.At("data.lock.json")).Find(new($"models/{name}", "train"));
            return new ContentStore(Workspace.At(".mlops/store")).TryRead(trace!.Outputs["model.onnx"])!;
        }

        public void Dispose() => Workspace.Dispose();
    }
}
