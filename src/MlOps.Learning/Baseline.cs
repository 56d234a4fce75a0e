using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>The constant prediction that every model must beat: the training rows' mean, or the share of each class (whose largest is the majority).</summary>
/// <param name="Values">One number, or a probability per class in the signature's order.</param>
public sealed record Baseline(Signature Signature, IReadOnlyList<float> Values)
{
    /// <summary>The constant for the training rows; the features of the spec are not looked at.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">The label cannot be used (MLO6002 to MLO6007).</exception>
    public static Baseline Fit(Frame train, LearningSpec spec) => throw new NotImplementedException();

    /// <summary>The constant, once per row.</summary>
    public Predictions Predict(int rows) => throw new NotImplementedException();

    /// <summary>The constant's metrics on test rows.</summary>
    public IReadOnlyDictionary<string, double?> Evaluate(Frame test) => Metrics.Evaluate(Signature, Predict(test.RowCount), test);
}
