using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Serving;

/// <summary>Small models made by hand, one per task.</summary>
internal static class TestModels
{
    /// <summary>rentals = 10 + 100 × (hour is 8) + 2 × temperature (20 where missing) + 5 × weekend + 0.5 × the hour of day of <c>at</c> + offset.</summary>
    public static TrainedModel Bikes(float offset = 0) => new(
        new(ModelTask.Regression, "rentals",
            [new("hour", FeatureKind.Categorical), new("temperature", FeatureKind.Numeric), new("weekend", FeatureKind.Boolean), new("at", FeatureKind.Timestamp)], []),
        [
            new OneHotEncoder("hour", ["8", "9"]),
            new NumericEncoder("temperature", Fill: 20),
            new NumericEncoder("weekend", Fill: 0),
            new CalendarEncoder("at", [CalendarPart.Hour], [0], [0], [1]),
        ],
        new LinearPredictor(Link.Identity, [[100, 0, 2, 5, 0.5f]], [10 + offset]) { Means = [0.5f, 0.25f, 15, 0.25f, 12] });

    /// <summary>P(yes) by one tree on months: at most 12 likely, more unlikely, missing even.</summary>
    public static TrainedModel Churn() => new(
        new(ModelTask.Binary, "churned", [new("months", FeatureKind.Numeric)], ["no", "yes"]),
        [new NumericEncoder("months")],
        new TreeEnsemble(Link.Logistic, [0.25f], [new Tree(0, [0, -1, -1], [12, 0, 0], [true, false, false], [1, 0, 0], [2, 0, 0], [0, 1.5f, -2f]) { Cover = [10, 6, 4] }]));

    public static TrainedModel Tickets() => new(
        new(ModelTask.Multiclass, "team", [new("subject", FeatureKind.Text)], ["billing", "login", "other"]),
        [new TextEncoder("subject", ["invoice", "password"], [1.5f, 2f])],
        new LinearPredictor(Link.Softmax, [[3, 0], [0, 3], [0, 0]], [0, 0, 0.5f]) { Means = [0.25f, 0.5f] });
}

/// <summary>A folder of its own that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlops-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a model's file.</summary>
    public (string Path, Digest Digest) Write(string name, TrainedModel model) => Write(name, OnnxModel.Write(model));

    public (string Path, Digest Digest) Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return (this[name], Digest.Of(bytes));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
