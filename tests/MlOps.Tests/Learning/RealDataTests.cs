using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>With one set of defaults for all, the models are about as good as scikit-learn's (REFERENCE.json).</summary>
public class RealDataTests
{
    [SkippableTheory]
    [InlineData("bike_sharing", "cnt", "instant dteday casual registered fold", "", 44)]
    [InlineData("taxi_fare", "fare_amount", "fold", "", 4.4)]
    [InlineData("taxi_fare", "fare_amount", "fold", "rate_code passenger_count", 4.4)]
    [InlineData("beijing_pm25", "pm25", "year fold", "", 55)]
    public void Boosted_trees_with_defaults_predict_numbers(string name, string label, string drop, string categorical, double mostRmse)
    {
        var metrics = FitAndEvaluate(name, ModelTask.Regression, label, null, drop, categorical, new BoostedTreesOptions());
        Assert.InRange(metrics["rmse"]!.Value, 0, mostRmse);
    }

    [SkippableFact]
    public void Boosted_trees_with_defaults_tell_who_earns_much() =>
        Assert.InRange(FitAndEvaluate("adult", ModelTask.Binary, "income", ">50K", "fold", "", new BoostedTreesOptions())["auc"]!.Value, 0.918, 1);

    [SkippableTheory]
    [InlineData(true, 0.975)]
    [InlineData(false, 0.96)]
    public void Models_with_defaults_tell_spam(bool linear, double leastAccuracy)
    {
        TrainerOptions trainer = linear ? new LinearOptions() : new BoostedTreesOptions();
        Assert.InRange(FitAndEvaluate("sms_spam", ModelTask.Binary, "label", "spam", "fold", "", trainer)["accuracy"]!.Value, leastAccuracy, 1);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Models_with_defaults_tell_penguins(bool linear)
    {
        TrainerOptions trainer = linear ? new LinearOptions() : new BoostedTreesOptions();
        Assert.InRange(FitAndEvaluate("penguins", ModelTask.Multiclass, "species", null, "fold", "", trainer)["accuracy"]!.Value, 0.97, 1);
    }

    private static IReadOnlyDictionary<string, double?> FitAndEvaluate(
        string name, ModelTask task, string label, string? positive, string drop, string categorical, TrainerOptions trainer)
    {
        var (train, test) = RealData.Read(name);
        var features = train.Columns
            .Where(c => c.Name != label && !drop.Split(' ').Contains(c.Name))
            .Select(c => new FeatureSpec(c.Name, c.Name == "text" ? FeatureKind.Text
                : c is StringColumn || categorical.Split(' ').Contains(c.Name) ? FeatureKind.Categorical : FeatureKind.Numeric));
        var model = Learner.Fit(train, new(task, label, positive, [.. features], trainer), null, 2, default);
        var metrics = Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test);
        if (Environment.GetEnvironmentVariable("SHOWM") is { } f) { File.AppendAllText(f, name + " " + trainer + " " + string.Join(" ", metrics) + "\n"); }
        return metrics;
    }
}
