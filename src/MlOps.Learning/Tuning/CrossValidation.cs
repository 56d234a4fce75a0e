using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How well a trainer's options do on rows that they did not learn from.</summary>
public static class CrossValidation
{
    /// <summary>A metric of each fold; null where it is undefined, or no number.</summary>
    /// <param name="share">The share of the rows of each fold to learn from, chosen by their content; the rows that it is measured on are all of them.</param>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <param name="options">Name metrics of the model's own.</param>
    /// <exception cref="MlOps.Content.DiagnosticException">As when a model is fitted (<see cref="Learner"/>).</exception>
    public static IReadOnlyList<double?> Scores(
        Frame rows, IReadOnlyList<Fold> folds, (LearningSpec Spec, string Metric) what, double share, LearningProgress? progress, int threads, CancellationToken cancellationToken,
        EvaluationOptions? options = null)
    {
        // Which class is positive must not change with the fold.
        var signature = Labels.Read(rows, what.Spec).Signature;
        var spec = signature.Task == ModelTask.Binary ? what.Spec with { Positive = signature.Classes[1] } : what.Spec;
        // Ranks are what they are, calibrated or not, and calibration fits five models more.
        spec = what.Metric == "auc" ? spec with { Calibrate = null, Costs = null } : spec;
        var hashes = share < 1 ? RowHash.Of(rows) : [];
        var scores = new List<double?>();
        foreach (var fold in folds)
        {
            progress?.Invoke("fold", scores.Count + 1, folds.Count);
            var learnt = rows.Select(share < 1 ? Some(fold.Learns, hashes, share) : fold.Learns);
            var test = rows.Select(fold.Tests);
            var model = Learner.Fit(learnt, spec, null, threads, cancellationToken);
            scores.Add(Metrics.Evaluate(model.Signature, new Scorer(model).Predict(test), test, options)[what.Metric] is { } score && double.IsFinite(score) ? score : null);
        }

        return scores;
    }

    /// <summary>The mean of the folds; null if any of them is undefined, for a mean of the others would be of other rows.</summary>
    public static double? Mean(IReadOnlyList<double?> scores) => scores.Count == 0 || scores.Contains(null) ? null : scores.Sum()!.Value / scores.Count;

    /// <summary>The standard deviation between the folds (divisor: their number less one); null if any of them is undefined.</summary>
    public static double? Spread(IReadOnlyList<double?> scores) => scores.Count < 2 || Mean(scores) is not { } mean ? null
        : Math.Sqrt(scores.Sum(score => (score!.Value - mean) * (score.Value - mean)) / (scores.Count - 1));

    private static int[] Some(int[] rows, ulong[] hashes, double share) =>
        [.. rows.OrderBy(row => RowHash.Mix(hashes[row])).ThenBy(row => row).Take(Math.Max(2, (int)Math.Ceiling(rows.Length * share))).Order()];
}
