using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>The constant prediction that every model must beat: the training rows' mean, or the share of each class (whose largest is the majority).</summary>
/// <param name="Values">One number, or a probability per class in the signature's order.</param>
public sealed record Baseline(Signature Signature, IReadOnlyList<float> Values)
{
    /// <summary>The constant for the training rows; the features of the spec are not looked at.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">The label cannot be used (MLO6002 to MLO6008).</exception>
    public static Baseline Fit(Frame train, LearningSpec spec)
    {
        var labels = Labels.Read(train, spec);
        if (spec.Task == ModelTask.Regression)
        {
            return new(labels.Signature, [(float)OrderedSum.Mean(labels.Numbers)]);
        }

        var counts = new int[labels.Signature.Classes.Count];
        foreach (var k in labels.Classes)
        {
            counts[k]++;
        }

        return new(labels.Signature, [.. counts.Select(c => (float)((double)c / labels.Classes.Length))]);
    }

    /// <summary>The constant, once per row.</summary>
    public Predictions Predict(int rows)
    {
        var values = new float[rows * Values.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Values[i % Values.Count];
        }

        return new(Signature, values);
    }

    /// <summary>The constant's metrics on test rows.</summary>
    /// <param name="options">Name metrics of the model's own, which are measured too.</param>
    public IReadOnlyDictionary<string, double?> Evaluate(Frame test, EvaluationOptions? options = null) => Metrics.Evaluate(Signature, Predict(test.RowCount), test, options);
}
