namespace MlOps.Learning;

/// <summary>How a binary model's scores become probabilities that rows of such a score really have.</summary>
public enum CalibrationKind
{
    /// <summary>A non-decreasing piecewise linear function of the score (pool adjacent violators); needs some thousand rows.</summary>
    Isotonic,

    /// <summary>The logistic function of the score, shifted and stretched (Platt 1999).</summary>
    Platt,
}

/// <summary>What wrong predictions cost; the threshold of least cost on out-of-fold predictions of the training rows decides the class.</summary>
public sealed record ErrorCosts
{
    /// <summary>Of a negative row that is called positive, above 0.</summary>
    public required double FalsePositive { get; init; }

    /// <summary>Of a positive row that is called negative, above 0.</summary>
    public required double FalseNegative { get; init; }
}
