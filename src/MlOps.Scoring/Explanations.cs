namespace MlOps.Scoring;

/// <summary>How much each column moved each row's raw scores away from what the model says without knowing any column.</summary>
/// <remarks>A raw score, before the link, is <c>BaseValues[k]</c> plus the sum of its contributions, up to rounding (1e-6, relative): the number itself in regression, the
/// positive class's log-odds in binary, one score per class in multiclass; where forests vote (<see cref="Link.Votes"/>), the probabilities themselves.</remarks>
/// <param name="Signature">Whose <see cref="Signature.Inputs"/> the contributions are of, in that order; a column that the model does not use contributes 0.</param>
/// <param name="BaseValues">The expected raw score over the training rows, one per raw score.</param>
/// <param name="Contributions">Row-major, rows × raw scores × columns, in the raw score's unit.</param>
public sealed record Explanations(Signature Signature, double[] BaseValues, double[] Contributions)
{
    /// <summary>Raw scores per row: 1, or one per class in multiclass.</summary>
    public int Outputs => BaseValues.Length;

    /// <summary>Number of rows.</summary>
    public int Rows => Contributions.Length / (Outputs * Signature.Inputs.Count);

    /// <summary>The columns' contributions to one raw score of a row.</summary>
    public ReadOnlySpan<double> Of(int row, int output = 0) =>
        Contributions.AsSpan(((row * Outputs) + output) * Signature.Inputs.Count, Signature.Inputs.Count);
}
