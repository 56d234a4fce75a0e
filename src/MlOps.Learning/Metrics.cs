using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How well predictions fit the truth.</summary>
public static class Metrics
{
    /// <summary>The metrics of a task, in the order they are shown.</summary>
    public static IReadOnlyList<string> Names(ModelTask task) => task switch
    {
        ModelTask.Regression => ["rmse", "mae", "r2"],
        ModelTask.Binary => ["auc", "accuracy", "f1", "logLoss"],
        _ => ["accuracy", "macroAccuracy", "macroF1", "logLoss"],
    };

    /// <summary>Whether more is better; null for a name that is no metric.</summary>
    public static bool? HigherIsBetter(string metric) => metric switch
    {
        "rmse" or "mae" or "logLoss" => false,
        "r2" or "auc" or "accuracy" or "f1" or "macroAccuracy" or "macroF1" => true,
        _ => null,
    };

    /// <summary>Every metric of the signature's task; rows without a label are passed over, a class that training never saw counts as missed.</summary>
    /// <remarks>
    /// <c>rmse</c>, <c>mae</c>: in the label's unit. <c>r2</c>: 1 − squared error / squared deviation from the test rows' mean. <c>auc</c>: share of
    /// (positive, negative) pairs that the score orders rightly, ties half. <c>f1</c>: of the positive class at 0.5. <c>logLoss</c>: mean negative natural
    /// logarithm of the true class's probability, which is held within 1e-7 of 0 and 1. <c>macroAccuracy</c>: mean share found of each class in the test
    /// rows. <c>macroF1</c>: mean F1 of each class in the truth or in the predictions.
    /// </remarks>
    /// <param name="test">As many rows as <paramref name="predictions"/>, with the label's column.</param>
    /// <returns>By name; null where undefined, such as the AUC of one class, R² of a constant truth, or anything of no rows.</returns>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static IReadOnlyDictionary<string, double?> Evaluate(Signature signature, Predictions predictions, Frame test)
    {
        if (predictions.Rows != test.RowCount)
        {
            throw new ArgumentException($"{predictions.Rows} predictions for {test.RowCount} rows", nameof(predictions));
        }

        var label = test[signature.Label];
        if (signature.Task != ModelTask.Regression)
        {
            return ClassificationMetrics.Of(signature, predictions, Labels.ClassOfRows(label, signature.Classes));
        }

        var truth = Labels.NumbersOf(label) ?? throw new ArgumentException($"label '{signature.Label}' has no numbers", nameof(test));
        return RegressionMetrics.Of(predictions, truth);
    }
}
