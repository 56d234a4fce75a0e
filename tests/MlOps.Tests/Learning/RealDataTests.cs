using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>With one set of defaults for all, the models are about as good as scikit-learn's (REFERENCE.json).</summary>
public class RealDataTests
{
    [SkippableTheory]
    [InlineData("bike_sharing", "cnt", "instant dteday casual registered", 1.02 * 41.36383)]
    [InlineData("taxi_fare", "fare_amount", "", 1.02 * 4.23893)]
    [InlineData("beijing_pm25", "pm25", "year", 1.02 * 51.99631)]
    public void Boosted_trees_with_defaults_predict_numbers(string name, string label, string drop, double mostRmse)
    {
        var metrics = FitAndEvaluate(name, ModelTask.Regression, label, null, drop, new BoostedTreesOptions());
        Assert.InRange(metrics["rmse"]!.Value, 0, mostRmse);
    }

    [SkippableFact]
    public void Boosted_trees_with_defaults_tell_who_earns_much() =>
        Assert.InRange(FitAndEvaluate("adult", ModelTask.Binary, "income", ">50K", "", new BoostedTreesOptions())["auc"]!.Value, 0.92408 - 0.003, 1);

    [SkippableTheory]
    [InlineData(true, 0.975)]
    [InlineData(false, 0.96)]
    public void Models_with_defaults_tell_spam(bool linear, double leastAccuracy)
    {
        TrainerOptions trainer = linear ? new LinearOptions() : new BoostedTreesOptions();
        Assert.InRange(FitAndEvaluate("sms_spam", ModelTask.Binary, "label", "spam", "", trainer)["accuracy"]!.Value, leastAccuracy, 1);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Models_with_defaults_tell_penguins(bool linear)
    {
        TrainerOptions trainer = linear ? new LinearOptions() : new BoostedTreesOptions();
        Assert.InRange(FitAndEvaluate("penguins", ModelTask.Multiclass, "species", null, "", trainer)["accuracy"]!.Value, 0.97, 1);
    }

    private static IReadOnlyDictionary<string, double?> FitAndEvaluate(
        string name, ModelTask task, string label, string? positive, string drop, TrainerOptions trainer)
    {
        var (train, test) = RealData.Read(name);
        var features = train.Columns
            .Where(c => c.Name != label && c.Name != "fold" && !drop.Split(' ').Contains(c.Name))
            .Select(c => new FeatureSpec(c.Name, FeatureInference.Infer(train, c.Name).Kind))
            .Where(f => f.Kind != FeatureKind.Identifier);
        var model = Learner.Fit(train, new(task, label, positive, [.. features], trainer), null, 2, default);
        return Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test);
    }
}
