using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Calibration;

/// <summary>Fits calibration and threshold to scores that each training row got from a model that had not seen it.</summary>
internal static class Calibrator
{
    private const int Folds = 5;

    /// <summary>The model with what the spec asks for.</summary>
    /// <param name="rows">The training rows that have a label.</param>
    /// <param name="fit">Fits a model like it to some of the rows.</param>
    /// <exception cref="DiagnosticException">MLO6041: a class has too few rows. MLO6042: the task is not binary, or nothing is fitted. MLO6043: a cost is out of range.</exception>
    public static TrainedModel Apply(TrainedModel model, Frame rows, Labels labels, LearningSpec spec, Func<Frame, LearningSpec, TrainedModel> fit)
    {
        bool[] positive = [.. labels.Classes.Select(k => k == 1)];
        // What decides which class is positive must not change with the fold.
        var plain = spec with { Calibrate = null, Costs = null, Positive = model.Signature.Classes[1] };
        var all = OutOfFold(rows, positive, spec.Folds, part => new(fit(part, plain)));
        int[] scored = [.. Enumerable.Range(0, all.Length).Where(row => !double.IsNaN(all[row]))];
        var scores = Array.ConvertAll(scored, row => all[row]);
        positive = Array.ConvertAll(scored, row => positive[row]);
        var calibrated = model with
        {
            Calibration = spec.Calibrate switch
            {
                CalibrationKind.Platt => Platt.Fit(scores, positive),
                CalibrationKind.Isotonic => Isotonic.Fit(scores, positive),
                _ => null,
            },
        };
        return spec.Costs is null ? calibrated
            : calibrated with { Signature = calibrated.Signature with { Threshold = CostThreshold.Least(Scorer.Probabilities(scores, calibrated.Calibration), positive, spec.Costs) } };
    }

    /// <summary>What is wrong with what a spec asks for, each with its member in <c>model.json</c>.</summary>
    public static IReadOnlyList<(string Member, Diagnostic Diagnostic)> Check(LearningSpec spec)
    {
        var found = new List<(string, Diagnostic)>();
        foreach (var member in new[] { spec.Calibrate is null ? null : "calibrate", spec.Costs is null ? null : "threshold" }.OfType<string>())
        {
            if (spec.Task != ModelTask.Binary || spec.Trainer.Source is not null)
            {
                found.Add((member, new("MLO6042", $"'{member}' cannot be had for this model")
                {
                    Why = spec.Task != ModelTask.Binary ? $"it is for binary models; the task is {spec.Task.ToString().ToLowerInvariant()}"
                        : $"it needs models fitted to parts of the training rows, and trainer '{spec.Trainer.Name}' fits none",
                    Mend = $"remove \"{member}\"",
                }));
            }
        }

        foreach (var (name, cost) in spec.Costs is { } costs ? [("falsePositive", costs.FalsePositive), ("falseNegative", costs.FalseNegative)] : Array.Empty<(string, double)>())
        {
            if (cost is not (> 0 and <= 1e12))
            {
                found.Add(("threshold", new("MLO6043", $"cost '{name}' is out of range")
                {
                    Why = string.Create(CultureInfo.InvariantCulture, $"it is {cost}; allowed is above 0 up to 1e12"),
                    Mend = "only the ratio of the two costs counts: 1 and 5, for instance",
                }));
            }
        }

        return found;
    }

    /// <summary>Per row the score of a model that learnt from other rows; NaN for the earliest rows of a split by time, which only train.</summary>
    private static double[] OutOfFold(Frame rows, bool[] positive, SplitSpec? split, Func<Frame, Scorer> fit)
    {
        var isByTime = split?.By == SplitBy.Time;
        var folds = CalibrationFolds.Assign(rows, positive, split, Folds);
        var scores = new double[rows.RowCount];
        Array.Fill(scores, double.NaN);
        for (var fold = isByTime ? 1 : 0; fold < Folds; fold++)
        {
            var others = Where(row => isByTime ? folds[row] < fold : folds[row] != fold);
            var held = Where(row => folds[row] == fold);
            if (held.Length == 0 || !others.Any(row => positive[row]) || others.All(row => positive[row]))
            {
                throw new DiagnosticException(new Diagnostic("MLO6041", "there are too few training rows to calibrate, or to choose a threshold")
                {
                    Why = $"{positive.Count(p => p)} are positive and {positive.Count(p => !p)} negative; {Folds} folds {Need(split)}",
                    Mend = "add rows, or remove \"calibrate\" and \"threshold\"",
                });
            }

            var scorer = fit(rows.Select(others));
            var part = scorer.Score(rows.Select(held));
            for (var i = 0; i < held.Length; i++)
            {
                scores[held[i]] = part[i];
            }
        }

        return scores;

        int[] Where(Func<int, bool> holds) => [.. Enumerable.Range(0, rows.RowCount).Where(holds)];
    }

    private static string Need(SplitSpec? split) => split?.By switch
    {
        SplitBy.Group => $"need rows of both classes, and different keys in '{split.Column}'",
        SplitBy.Time => $"need rows of both classes in the first fifth of '{split.Column}', and rows in every other",
        _ => "need different rows of both classes",
    };
}
