using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>Whether the options fit the task, the label and the features.</summary>
internal static class TreeOptionsCheck
{
    /// <summary>What does not fit (MLO6009, MLO6018, MLO6019).</summary>
    public static IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec, BoostedTreesOptions options)
    {
        var loss = options.Loss.ToString().ToLowerInvariant();
        if (options.Loss != RegressionLoss.Squared && spec.Task != ModelTask.Regression)
        {
            yield return new("MLO6019", $"loss '{loss}' is for numbers")
            {
                Where = "#/trainer/loss",
                Why = $"the task is {spec.Task.ToString().ToLowerInvariant()}, whose loss is the likelihood",
                Mend = "remove 'loss', or set task 'regression'",
            };
        }
        else if (options.Loss == RegressionLoss.Poisson && Labels.NumbersOf(train[spec.Label]) is { } numbers && Array.FindIndex(numbers, n => n < 0) is var row and >= 0)
        {
            yield return new("MLO6009", $"label '{spec.Label}' has negative numbers, which loss 'poisson' cannot count")
            {
                Where = "#/trainer/loss",
                Why = $"training row {row + 1} has {CellText.Of(numbers[row])}",
                Mend = "use loss 'squared', or leave out these rows",
            };
        }

        foreach (var name in (options.Monotone ?? []).Keys.Order(StringComparer.Ordinal))
        {
            var feature = spec.Features.FirstOrDefault(f => f.Column == name);
            var why = feature is null ? "it is no feature"
                : feature.Kind is not (FeatureKind.Numeric or FeatureKind.Boolean) ? $"it is {feature.Kind.ToString().ToLowerInvariant()}, which has no order"
                : spec.Task == ModelTask.Multiclass ? "with several classes a probability depends on all scores"
                : options.Loss is RegressionLoss.Absolute or RegressionLoss.Quantile ? $"loss '{loss}' takes a leaf's score from its rows alone" : null;
            if (why is not null)
            {
                yield return new("MLO6018", $"predictions cannot be monotone in '{name}'")
                {
                    Where = $"#/trainer/monotone/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}",
                    Why = why,
                    Mend = feature is null && Diagnostic.Nearest(name, spec.Features.Select(f => f.Column)) is { } near ? $"did you mean '{near}'?"
                        : $"remove '{name}' from 'monotone'",
                };
            }
        }
    }

    /// <summary>Per feature of the encoders 1 where predictions may only rise with it, −1 where they may only fall, else 0; null where none must.</summary>
    public static sbyte[]? Directions(IEnumerable<Encoder> encoders, BoostedTreesOptions options) => options.Monotone is not { Count: > 0 } wanted
        ? null
        : [.. encoders.SelectMany(encoder => Enumerable.Repeat(
            encoder is NumericEncoder && wanted.TryGetValue(encoder.Column, out var direction) ? (sbyte)(direction == MonotoneDirection.Increasing ? 1 : -1) : (sbyte)0,
            encoder.Width))];
}
