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

    [SkippableTheory]
    [InlineData("bike_sharing", ModelTask.Regression, "cnt", null, "instant dteday casual registered")]
    [InlineData("taxi_fare", ModelTask.Regression, "fare_amount", null, "")]
    [InlineData("beijing_pm25", ModelTask.Regression, "pm25", null, "year")]
    [InlineData("adult", ModelTask.Binary, "income", ">50K", "")]
    [InlineData("sms_spam", ModelTask.Binary, "label", "spam", "")]
    [InlineData("penguins", ModelTask.Multiclass, "species", null, "")]
    public void Metrics_and_intervals_of_real_predictions_equal_those_of_scikit_learn_and_numpy(string name, ModelTask task, string label, string? positive, string drop)
    {
        foreach (TrainerOptions trainer in new TrainerOptions[] { new BoostedTreesOptions(), new LinearOptions() })
        {
            var (model, test) = Fit(name, task, label, positive, drop, trainer);
            var some = test.Select([.. Enumerable.Range(0, Math.Min(1000, test.RowCount)).Where(row => !test[label].IsMissing(row))]);
            var truth = task == ModelTask.Regression ? Oracle.Sklearn.Numbers(((NumberColumn)some[label]).Values)
                : Oracle.Sklearn.Numbers(Enumerable.Range(0, some.RowCount).Select(row => model.Signature.Classes.ToList().IndexOf(some[label].Text(row)!)));
            EvaluationTests.EqualsReference($"real-{name}-{(trainer is LinearOptions ? "linear" : "trees")}", new Scorer(model).Predict(some), some, truth);
        }
    }

    private static IReadOnlyDictionary<string, double?> FitAndEvaluate(
        string name, ModelTask task, string label, string? positive, string drop, TrainerOptions trainer)
    {
        var (model, test) = Fit(name, task, label, positive, drop, trainer);
        return Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test);
    }

    private static (TrainedModel Model, Frame Test) Fit(string name, ModelTask task, string label, string? positive, string drop, TrainerOptions trainer)
    {
        var (train, test) = RealData.Read(name);
        var features = train.Columns
            .Where(c => c.Name != label && c.Name != "fold" && !drop.Split(' ').Contains(c.Name))
            .Select(c => new FeatureSpec(c.Name, FeatureInference.Infer(train, c.Name).Kind))
            .Where(f => f.Kind != FeatureKind.Identifier);
        return (Learner.Fit(train, new(task, label, positive, [.. features], trainer), null, 2, default), test);
    }
}
