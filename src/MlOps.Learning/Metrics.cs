using MlOps.Data;
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

    /// <summary>Every metric of the signature's task; rows without a label are passed over.</summary>
    /// <param name="test">As many rows as <paramref name="predictions"/>, with the label's column.</param>
    /// <returns>By name; null where undefined, such as the AUC of one class or R² of a constant truth.</returns>
    public static IReadOnlyDictionary<string, double?> Evaluate(Signature signature, Predictions predictions, Frame test) =>
        throw new NotImplementedException();
}
