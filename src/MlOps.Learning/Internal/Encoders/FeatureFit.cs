using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Encoders;

/// <summary>Encoders fitted to the training rows, and the features of these rows.</summary>
/// <param name="Encoders">Dense ones first, in the order of the features.</param>
/// <param name="Training">What the encoders make of the training rows, but for target statistics, in which no row's own label counts.</param>
internal sealed record FeatureFit(Encoder[] Encoders, FeatureMatrix Training)
{
    /// <exception cref="DiagnosticException">MLO6014: nothing can be made of any feature.</exception>
    public static FeatureFit Of(Frame rows, LearningSpec spec, Labels labels)
    {
        var linear = spec.Trainer is LinearOptions;
        var folds = new Lazy<int[]>(() => TargetStatistics.Folds(rows, spec));
        var fitted = new List<(Encoder Encoder, float[]? OutOfFold)>();
        foreach (var feature in spec.Features)
        {
            var column = rows[feature.Column];
            if (feature.Options is CategoricalFeature { Encode: CategoryEncoding.Target })
            {
                fitted.AddRange(TargetStatistics.Fit(column, labels, folds.Value, linear).Select(target => ((Encoder)target.Encoder, (float[]?)target.OutOfFold)));
            }
            else
            {
                fitted.AddRange(Fit(column, feature.Options, labels, linear).Select(encoder => (encoder, (float[]?)null)));
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

    private static FeatureFit Encoded(Frame rows, (Encoder Encoder, float[]? OutOfFold)[] fitted)
    {
        Encoder[] encoders = [.. fitted.Select(f => f.Encoder)];
        var features = FeatureEncoding.Encode(encoders, rows);
        var at = 0;
        foreach (var (encoder, outOfFold) in fitted.Where(f => !f.Encoder.IsSparse))
        {
            features.Dense[at] = outOfFold ?? features.Dense[at];
            at += encoder.Width;
        }

        return new(encoders, features);
    }

    private static IEnumerable<Encoder> Fit(Column column, FeatureOptions options, Labels labels, bool linear) => options switch
    {
        CategoricalFeature category => CategoryFit.Encoders(column, category, labels, linear),
        TimestampFeature { Cyclic: true, Wanted: var parts } => [new CyclicEncoder(column.Name, parts, linear ? 0 : float.NaN)],
        TimestampFeature { Wanted: var parts } => [NumberFit.Calendar(column, parts, linear)],
        TextFeature text => column is StringColumn texts ? Vocabulary.Encoders(texts, text, linear) : [],
        NumericFeature { Standardise: var standardise } => [NumberFit.Number(column, linear, standardise ?? linear)],
        _ => [NumberFit.Number(column, linear, linear)],
    };
}
