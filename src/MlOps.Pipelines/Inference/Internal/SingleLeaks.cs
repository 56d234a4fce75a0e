using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Features that nearly determine the label alone.</summary>
internal static class SingleLeaks
{
    private const int FewestRows = 30;

    internal static IReadOnlyList<Leak> Find(Frame training, InferredModel model)
    {
        if (training.RowCount < FewestRows)
        {
            return [];
        }

        var label = LabelView.Of(training, model);
        var leaks = new List<Leak>();
        foreach (var feature in model.Features)
        {
            var score = Score(training[feature.Column], feature.Kind, label);
            if (score > LeakDetector.Threshold)
            {
                leaks.Add(new(
                    "MLO2151",
                    [feature.Column],
                    $"column '{feature.Column}' alone nearly determines '{model.Label}'",
                    Words.Say($"{label.Score} {score:0.0000} on {training.RowCount} training rows")));
            }
        }

        return leaks;
    }

    /// <summary>R², or the AUC averaged over the classes.</summary>
    internal static double Score(Column column, FeatureKind kind, LabelView label)
    {
        if (Bins.Of(column, kind) is not { } bins)
        {
            return 0;
        }

        if (label.Task == ModelTask.Regression)
        {
            var fitted = Scores.R2(label.Series[0], CrossFit.Predict(bins, label.Series[0]));
            return bins.Values is null || column.MissingCount > 0 ? fitted : Math.Max(fitted, Scores.SquaredCorrelation(label.Series[0], bins.Values));
        }

        return Scores.Mean([.. label.Series.Select(marks => Scores.Auc(marks, CrossFit.Predict(bins, marks)))]);
    }
}
