using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Fits encoders to the training rows.</summary>
internal static class FeatureFit
{
    /// <exception cref="DiagnosticException">MLO6014: nothing can be made of any feature.</exception>
    public static TrainingFeatures Of(Frame rows, LearningSpec spec, FitRows truth)
    {
        var linear = spec.Trainer.Use == FeatureUse.Weighed;
        var folds = new Lazy<int[]>(() => TargetStatistics.Folds(rows, spec));
        var fitted = new List<Fitted>();
        foreach (var feature in spec.Features)
        {
            var column = rows[feature.Column];
            if (feature.Options is CategoricalFeature { Encode: CategoryEncoding.Target })
            {
                fitted.AddRange(TargetStatistics.Fit(column, truth, folds.Value, linear).Select(target => new Fitted(target.Encoder, target.OutOfFold)));
            }
            else if (feature.Options is CategoricalFeature { Encode: CategoryEncoding.Native })
            {
                var numbers = CategoryFit.Numbers(column, (spec.Trainer as BoostedTreesOptions)?.Bins ?? 255);
                fitted.Add(new(numbers, Categories: (int)numbers.Missing + 1));
            }
            else
            {
                fitted.AddRange(Fit(column, feature.Options, truth, linear).Select(encoder => new Fitted(encoder)));
            }
        }

        if (fitted.Count == 0)
        {
            throw new DiagnosticException(new Diagnostic("MLO6014", "there is no feature to learn from")
            {
                Why = "every feature is empty in the training rows",
                Mend = "name columns under 'features' that have cells",
            });
        }

        return Encoded(rows, [.. fitted.Where(f => !f.Encoder.IsSparse), .. fitted.Where(f => f.Encoder.IsSparse)]);
    }

    private static TrainingFeatures Encoded(Frame rows, Fitted[] fitted)
    {
        Encoder[] encoders = [.. fitted.Select(f => f.Encoder)];
        var features = FeatureEncoding.Encode(encoders, rows);
        var at = 0;
        foreach (var (encoder, outOfFold, _) in fitted.Where(f => !f.Encoder.IsSparse))
        {
            features.Dense[at] = outOfFold ?? features.Dense[at];
            at += encoder.Width;
        }

        return new(encoders, features, [.. fitted.SelectMany(f => Enumerable.Repeat(f.Categories, f.Encoder.Width))]);
    }

    private static IEnumerable<Encoder> Fit(Column column, FeatureOptions options, FitRows truth, bool linear) => options switch
    {
        CategoricalFeature category => CategoryFit.Encoders(column, category, truth, linear),
        TimestampFeature { Cyclic: true, Wanted: var parts } => [new CyclicEncoder(column.Name, parts, linear ? 0 : float.NaN)],
        TimestampFeature { Wanted: var parts } => [NumberFit.Calendar(column, parts, linear)],
        TextFeature text => column is StringColumn texts ? Vocabulary.Encoders(texts, text, linear) : [],
        NumericFeature { Standardise: var standardise } => [NumberFit.Number(column, linear, standardise ?? linear)],
        _ => [NumberFit.Number(column, linear, linear)],
    };

    private sealed record Fitted(Encoder Encoder, float[]? OutOfFold = null, int Categories = 0);
}
