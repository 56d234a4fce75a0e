using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>A point of a curve.</summary>
/// <param name="Threshold">The least score that is called positive there; null where none is.</param>
public readonly record struct CurvePoint(double X, double Y, double? Threshold);

/// <summary>Rows whose probability lies in [<paramref name="From"/>, <paramref name="To"/>).</summary>
/// <param name="Predicted">Their mean probability; null of no rows.</param>
/// <param name="Observed">The share of them that are what was predicted; null of no rows.</param>
public readonly record struct ReliabilityBin(double From, double To, int Rows, double? Predicted, double? Observed);

/// <summary>What reports draw of predictions beside the truth; of a bounded size whatever the number of rows.</summary>
public sealed record Curves
{
    private const int MostPoints = 200;
    private const int Bins = 10;
    private const int HistogramBins = 40;
    private const int MostRows = 500;
    private const int MostClasses = 30;

    /// <summary>What stands for the classes beyond the most frequent, and for one that training never saw.</summary>
    public const string Other = "(other)";

    /// <summary>Binary: X is the false positive rate, Y the true positive rate.</summary>
    public IReadOnlyList<CurvePoint> Roc { get; init; } = [];

    /// <summary>Binary: X is the recall, Y the precision.</summary>
    public IReadOnlyList<CurvePoint> PrecisionRecall { get; init; } = [];

    /// <summary>Binary: of the positive class. Multiclass: of the class that was predicted.</summary>
    public IReadOnlyList<ReliabilityBin> Reliability { get; init; } = [];

    /// <summary>The classes of <see cref="Confusion"/>.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Rows by true class, then by predicted class.</summary>
    public IReadOnlyList<int[]> Confusion { get; init; } = [];

    /// <summary>Regression: the histogram of prediction − truth begins here, in steps of <see cref="ResidualWidth"/>.</summary>
    public double ResidualFrom { get; init; }

    /// <summary>The width of a bin.</summary>
    public double ResidualWidth { get; init; }

    /// <summary>Rows per bin.</summary>
    public IReadOnlyList<int> Residuals { get; init; } = [];

    /// <summary>Regression: truth and prediction of some rows, evenly spaced in the test rows' order.</summary>
    public IReadOnlyList<(double Truth, double Predicted)> Sample { get; init; } = [];

    /// <summary>Makes the curves of the task; rows without a label, or with a prediction that is no number, are passed over.</summary>
    public static Curves Of(Signature signature, Predictions predictions, Frame test)
    {
        var label = test[signature.Label];
        int[] rows = [.. Enumerable.Range(0, test.RowCount).Where(row => !label.IsMissing(row) && predictions.Row(row).IndexOf(float.NaN) < 0)];
        if (signature.Task == ModelTask.Regression)
        {
            return Regression([.. rows.Select(row => (Labels.NumbersOf(label)![row], (double)predictions.Values[row]))]);
        }

        var truth = Labels.ClassOfRows(label, signature.Classes);
        var curves = Matrix(signature, predictions, rows, truth);
        return signature.Task == ModelTask.Binary
            ? Binary(curves, [.. rows.Select(row => (predictions.Row(row)[1], truth[row] == 1)).OrderByDescending(row => row.Item1)])
            : curves with { Reliability = Reliable([.. rows.Select(row => (predictions.Row(row)[predictions.ClassIndex(row)], predictions.ClassIndex(row) == truth[row]))]) };
    }

    private static Curves Regression((double Truth, double Predicted)[] rows)
    {
        var residuals = rows.Select(row => row.Predicted - row.Truth).ToArray();
        var (from, to) = residuals.Length == 0 ? (0, 0) : (residuals.Min(), residuals.Max());
        var width = (to - from) / HistogramBins;
        var counts = new int[HistogramBins];
        foreach (var residual in residuals)
        {
            counts[width > 0 ? Math.Min(HistogramBins - 1, (int)((residual - from) / width)) : 0]++;
        }

        return new() { ResidualFrom = from, ResidualWidth = width, Residuals = counts, Sample = Thinned(rows, MostRows) };
    }

    private static Curves Matrix(Signature signature, Predictions predictions, int[] rows, int[] truth)
    {
        var frequency = new int[signature.Classes.Count];
        foreach (var row in rows.Where(row => truth[row] >= 0))
        {
            frequency[truth[row]]++;
        }

        int[] shown = [.. Enumerable.Range(0, frequency.Length).OrderByDescending(k => frequency[k]).ThenBy(k => k).Take(MostClasses).Order()];
        var hasOther = shown.Length < frequency.Length || rows.Any(row => truth[row] < 0);
        string[] classes = [.. shown.Select(k => signature.Classes[k]), .. hasOther ? [Other] : Array.Empty<string>()];
        int[] place = [.. Enumerable.Range(0, frequency.Length).Select(k => Array.IndexOf(shown, k) is >= 0 and var at ? at : shown.Length)];
        var counts = classes.Select(_ => new int[classes.Length]).ToArray();
        foreach (var row in rows)
        {
            counts[truth[row] < 0 ? shown.Length : place[truth[row]]][place[predictions.ClassIndex(row)]]++;
        }

        return new() { Classes = classes, Confusion = counts };
    }

    private static Curves Binary(Curves curves, (float Score, bool Positive)[] rows)
    {
        double positives = rows.Count(row => row.Positive), negatives = rows.Length - positives;
        if (positives == 0 || negatives == 0)
        {
            return curves with { Reliability = Reliable(rows) };
        }

        var (roc, recall) = (new List<CurvePoint> { new(0, 0, null) }, new List<CurvePoint>());
        for (int i = 0, hits = 0; i < rows.Length;)
        {
            var score = rows[i].Score;
            for (; i < rows.Length && rows[i].Score == score; i++)
            {
                hits += rows[i].Positive ? 1 : 0;
            }

            roc.Add(new((i - hits) / negatives, hits / positives, score));
            recall.Add(new(hits / positives, hits / (double)i, score));
        }

        return curves with { Roc = Thinned([.. roc], MostPoints), PrecisionRecall = Thinned([.. recall], MostPoints), Reliability = Reliable(rows) };
    }

    private static ReliabilityBin[] Reliable((float Probability, bool Right)[] rows) =>
    [
        .. Enumerable.Range(0, Bins).Select(bin =>
        {
            var inside = rows.Where(row => Math.Min(Bins - 1, (int)(row.Probability * (double)Bins)) == bin).ToList();
            return new ReliabilityBin(bin / (double)Bins, (bin + 1) / (double)Bins, inside.Count,
                inside.Count == 0 ? null : OrderedSum.Mean([.. inside.Select(row => (double)row.Probability)]), inside.Count == 0 ? null : inside.Count(row => row.Right) / (double)inside.Count);
        }),
    ];

    /// <summary>At most so many, evenly spaced, first and last among them.</summary>
    private static T[] Thinned<T>(T[] all, int most) => all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * (all.Length - 1) / (most - 1))])];
}
