using MlOps.Data;
using MlOps.Learning.Internal.Measuring;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How well predictions fit the truth.</summary>
public static class Metrics
{
    /// <summary>What groups of rows can differ in beside metrics (binary only): the shares of the positive rows, of the negative rows and of all rows that
    /// are predicted positive.</summary>
    public static IReadOnlyList<string> Rates { get; } = ["truePositiveRate", "falsePositiveRate", "selectionRate"];

    /// <summary>The metrics of a task, in the order they are shown; the first is the one that slices are ranked by.</summary>
    public static IReadOnlyList<string> Names(ModelTask task) => task switch
    {
        ModelTask.Regression => ["rmse", "mae", "r2"],
        ModelTask.Binary => ["auc", "accuracy", "f1", "logLoss"],
        _ => ["accuracy", "macroAccuracy", "macroF1", "logLoss"],
    };

    /// <summary>Whether more is better; null for a name that is no metric, and for rates.</summary>
    public static bool? HigherIsBetter(string metric) => metric switch
    {
        "rmse" or "mae" or "logLoss" => false,
        "r2" or "auc" or "accuracy" or "f1" or "macroAccuracy" or "macroF1" => true,
        _ => null,
    };

    /// <summary>Every metric of the signature's task; rows without a label are passed over, a class that training never saw counts as missed.</summary>
    /// <remarks>
    /// <c>rmse</c>, <c>mae</c>: in the label's unit. <c>r2</c>: 1 − squared error / squared deviation from the test rows' mean. <c>auc</c>: share of
    /// (positive, negative) pairs that the score orders rightly, ties half. <c>f1</c>: of the positive class at the signature's threshold. <c>logLoss</c>:
    /// mean negative natural logarithm of the true class's probability, which is held within 1e-7 of 0 and 1. <c>macroAccuracy</c>: mean share found of each
    /// class in the test rows. <c>macroF1</c>: mean F1 of each class in the truth or in the predictions.
    /// </remarks>
    /// <param name="test">As many rows as <paramref name="predictions"/>, with the label's column.</param>
    /// <param name="options">Name metrics of the model's own, which are measured too.</param>
    /// <returns>By name; null where undefined, such as the AUC of one class, R² of a constant truth, or anything of no rows or of predictions that are no
    /// numbers.</returns>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static IReadOnlyDictionary<string, double?> Evaluate(Signature signature, Predictions predictions, Frame test, EvaluationOptions? options = null) =>
        predictions.Rows == test.RowCount ? Measurement.Of(signature, predictions, test, null, options).Once(options?.MetricNames(signature.Task) ?? Names(signature.Task))
            : throw new ArgumentException($"{predictions.Rows} predictions for {test.RowCount} rows", nameof(predictions));
}
