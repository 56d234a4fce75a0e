using MlOps.Scoring;

namespace MlOps.Learning.Internal;

/// <summary>AUC, accuracy, F1 and log loss from probabilities and true classes.</summary>
internal static class ClassificationMetrics
{
    // About float32's spacing below 1: probabilities closer to 0 or 1 cannot be told from them.
    private const double LeastProbability = 1e-7;

    /// <param name="truth">Per row the class's index, −1 for a class unknown to the model, −2 for no label.</param>
    public static IReadOnlyDictionary<string, double?> Of(Signature signature, Predictions predictions, int[] truth)
    {
        var counts = new ClassCounts(signature.Classes.Count);
        double loss = 0;
        for (var row = 0; row < truth.Length; row++)
        {
            if (truth[row] != -2)
            {
                var probabilities = predictions.Row(row);
                counts.Add(truth[row], Predicted(signature.Task, probabilities));
                var p = truth[row] < 0 ? 0 : (double)probabilities[truth[row]];
                loss -= DeterministicMath.Log(Math.Min(Math.Max(p, LeastProbability), 1 - LeastProbability));
            }
        }

        var metrics = new SortedDictionary<string, double?>(StringComparer.Ordinal)
        {
            ["accuracy"] = RegressionMetrics.Defined((double)counts.Right / counts.Rows),
            ["logLoss"] = RegressionMetrics.Defined(loss / counts.Rows),
        };
        if (signature.Task == ModelTask.Binary)
        {
            metrics["auc"] = Auc(predictions, truth);
            metrics["f1"] = counts.F1(1);
        }
        else
        {
            metrics["macroAccuracy"] = counts.MacroAccuracy();
            metrics["macroF1"] = counts.MacroF1();
        }

        return metrics;
    }

    /// <summary>The share of pairs in which the positive row has the higher score, ties half; null without a pair. Counts are exact.</summary>
    public static double? Auc(Predictions predictions, int[] truth)
    {
        int[] rows = [.. Enumerable.Range(0, truth.Length).Where(r => truth[r] != -2)];
        float[] scores = [.. rows.Select(r => predictions.Row(r)[1])];
        if (scores.Any(float.IsNaN))
        {
            return null;
        }

        Array.Sort(scores, rows);
        Int128 twice = 0;
        long negativesBelow = 0, positives = 0;
        for (var i = 0; i < rows.Length;)
        {
            long tiedPositives = 0, tiedNegatives = 0;
            var score = scores[i];
            for (; i < rows.Length && scores[i] == score; i++)
            {
                _ = truth[rows[i]] == 1 ? tiedPositives++ : tiedNegatives++;
            }

            twice += tiedPositives * ((Int128)(2 * negativesBelow) + tiedNegatives);
            negativesBelow += tiedNegatives;
            positives += tiedPositives;
        }

        return positives == 0 || negativesBelow == 0 ? null : (double)twice / (2.0 * positives * negativesBelow);
    }

    private static int Predicted(ModelTask task, ReadOnlySpan<float> probabilities)
    {
        if (task == ModelTask.Binary)
        {
            return probabilities[1] >= 0.5f ? 1 : 0;
        }

        var best = 0;
        for (var k = 1; k < probabilities.Length; k++)
        {
            best = probabilities[k] > probabilities[best] ? k : best;
        }

        return best;
    }
}
