using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Engine;
using MlOps.Scoring;
using MlOps.Scoring.Oracle;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Six real data sets, from the CSV to a model, as a newcomer would do it.</summary>
public sealed class RealDataTests
{
    [SkippableTheory]
    [InlineData("bike_sharing", "cnt", "instant,dteday,casual,registered", null, "rmse", 0, 1.02 * 41.36383)]
    [InlineData("taxi_fare", "fare_amount", null, null, "rmse", 0, 1.02 * 4.23893)]
    [InlineData("beijing_pm25", "pm25", "year", null, "rmse", 0, 1.02 * 51.99631)]
    [InlineData("adult", "income", null, ">50K", "auc", 0.92408 - 0.003, 1)]
    [InlineData("sms_spam", "label", null, "spam", "accuracy", 0.98117 - 0.006, 1)]
    [InlineData("penguins", "species", null, null, "accuracy", 0.97, 1)]
    public void New_and_Train_reach_the_reference(string set, string label, string? drop, string? positive, string metric, double min, double max)
    {
        var csv = Path.Combine(RealData.Require(set), set + ".csv");
        var reference = JsonNode.Parse(File.ReadAllText(Path.Combine(RealData.Folder, "REFERENCE.json")))!["datasets"]![set]!;
        using var workspace = new Workspace();
        workspace.Write("input.csv", ReferenceSplit.WithFold(File.ReadAllText(csv), reference));

        workspace.Run(["New", "model", "--data", "input.csv", "--label", label, "--split-column", "fold", "--test", "test",
            .. drop is null ? Array.Empty<string>() : ["--drop", drop], .. positive is null ? Array.Empty<string>() : ["--positive", positive]]).Expect(0);
        var trained = workspace.Run("Train --json").Expect(0).Json["models"]!["model"]!;

        Assert.InRange((double)trained["metrics"]![metric]!, min, max);
        Assert.Equal("pass", (string)trained["gate"]!["verdict"]!);
        AgreesWithOnnxRuntime(workspace);

        var declared = JsonNode.Parse(File.ReadAllText(workspace.At("models/model/model.json")))!.AsObject();
        declared["trainer"] = new JsonObject { ["name"] = "linear" };
        declared.Remove("gate");
        workspace.Write("models/model/model.json", declared.ToJsonString());
        workspace.Run("Train").Expect(0);
        AgreesWithOnnxRuntime(workspace);
    }

    /// <summary>On 1,000 test rows, or all where there are fewer.</summary>
    private static void AgreesWithOnnxRuntime(Workspace workspace)
    {
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var (locked, store) = (LockFile.Read(workspace.At("data.lock.json")), new ContentStore(workspace.At(".mlops/store")));
        var model = store.TryRead(locked.Find(new("models/model", "train"))!.Outputs["model.onnx"])!;
        var test = FrameFile.FromBytes(store.TryRead(locked.Find(new("models/model", "prepare"))!.Outputs["test.frame"])!);
        var count = Math.Min(1000, test.RowCount);
        var rows = test.Select([.. Enumerable.Range(0, count).Select(i => (int)((long)i * test.RowCount / count))]);
        var (ours, theirs) = (new Scorer(OnnxModel.Read(model)).Predict(rows).Values, OnnxOracle.Score(model, rows).Values);
        Assert.Equal(ours.Length, theirs.Length);
        Assert.All(ours.Zip(theirs), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Max(1, Math.Abs(pair.First)), $"ours {pair.First}, theirs {pair.Second}"));
    }

    [SkippableFact]
    public void New_names_the_columns_whose_sum_is_the_label()
    {
        var file = Path.Combine(RealData.Require("bike_sharing"), "bike_sharing.csv");
        using var workspace = new Workspace();

        var made = workspace.Run(["New", "bikes", "--data", file, "--label", "cnt"]).Expect(0);

        Assert.Contains("casual", made.Errors, StringComparison.Ordinal);
        Assert.Contains("registered", made.Errors, StringComparison.Ordinal);
    }
}
