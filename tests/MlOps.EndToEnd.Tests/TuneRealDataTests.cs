using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>What twenty trials are worth on the real data sets.</summary>
public sealed class TuneRealDataTests
{
    private const string Trees = """
        "trees": [150, 600], "leaves": { "log": [8, 128] }, "learningRate": { "log": [0.03, 0.2] }, "minRows": { "log": [3, 60] },
        "l2": { "log": [0.1, 20] }, "rowShare": [0.5, 1], "featureShare": [0.4, 1]
        """;

    private static readonly bool All = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1";

    /// <summary>The sets with the better of the reference's two scores. Without <c>--all</c> the small one only: the others take minutes each.</summary>
    private static readonly (string Set, string Label, string? Drop, string? Positive, string Metric, double Reference)[] Sets =
    [
        ("penguins", "species", null, null, "accuracy", 0.98551),
        ("bike_sharing", "cnt", "instant,dteday,casual,registered", null, "rmse", 41.36383),
        ("adult", "income", null, ">50K", "auc", 0.92408),
        ("beijing_pm25", "pm25", "year", null, "rmse", 51.99631),
        ("sms_spam", "label", null, "spam", "accuracy", 0.98117),
        ("taxi_fare", "fare_amount", null, null, "rmse", 4.23893),
    ];

    [SkippableFact]
    public void Twenty_trials_beat_the_reference_on_four_sets_of_six()
    {
        var told = new List<string>();
        var better = 0;
        foreach (var set in Sets.Take(All ? Sets.Length : 1))
        {
            var (score, trials) = Tuned(set.Set, set.Label, set.Drop, set.Positive, set.Metric);
            Assert.Equal(20, trials);
            told.Add($"{set.Set}: {set.Metric} {score}, reference {set.Reference}");
            better += set.Metric == "rmse" ? (score < set.Reference ? 1 : 0) : score > set.Reference ? 1 : 0;
        }

        Assert.True(better >= (All ? 4 : 0), string.Join('\n', told));
    }

    private static (double Score, int Trials) Tuned(string set, string label, string? drop, string? positive, string metric)
    {
        var csv = Path.Combine(RealData.Require(set), set + ".csv");
        var reference = JsonNode.Parse(File.ReadAllText(Path.Combine(RealData.Folder, "REFERENCE.json")))!["datasets"]![set]!;
        using var workspace = new Workspace();
        workspace.Write("input.csv", ReferenceSplit.WithFold(File.ReadAllText(csv), reference));
        workspace.Run(["New", "model", "--data", "input.csv", "--label", label, "--split-column", "fold", "--test", "test",
            .. drop is null ? Array.Empty<string>() : ["--drop", drop], .. positive is null ? Array.Empty<string>() : ["--positive", positive]]).Expect(0);
        var manifest = JsonNode.Parse(File.ReadAllText(workspace.At("models/model/model.json")))!;
        var search = (string)manifest["trainer"]!["name"]! == "linear" ? """ "l2": { "log": [0.01, 10] } """ : Trees;
        manifest["tune"] = JsonNode.Parse($$"""{ "trials": 1, "halving": {{(set == "taxi_fare" ? "true" : "false")}}, "search": { {{search}} } }""");
        workspace.Write("models/model/model.json", manifest.ToJsonString());
        var tuned = workspace.Run("Tune --model model --trials 20 --json").Expect(0).Json;
        return ((double)tuned["models"]!["model"]!["metrics"]![metric]!, tuned["trials"]!.AsArray().Count);
    }
}
