using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Scores one row after the other without a frame and, once warm, without allocating; the bits are <see cref="Scorer"/>'s.</summary>
/// <remarks>Not safe for several threads at once: take one each from <see cref="Scorer.ForRows"/>, which costs little. Set cells, then <see cref="Predict"/>; cells keep their
/// values until they are set again, or all are missing after <see cref="Clear"/>, as they are at first.</remarks>
public sealed class RowScorer : InputCells
{
    private readonly Scorer _scorer;
    private readonly RowEncoding _encoding;
    private readonly double[] _scores;
    private readonly float[] _values;

    internal RowScorer(Scorer scorer, int rawOutputs, Func<CellList[], RowEncoding> encoding)
        : base(scorer.Signature, [.. scorer.Signature.Inputs.Select(CellList.ForOne)])
    {
        _scorer = scorer;
        _encoding = encoding(Cells);
        (_scores, _values) = (new double[rawOutputs], new float[scorer.Signature.Outputs]);
    }

    /// <summary>Makes all cells missing.</summary>
    public void Clear()
    {
        foreach (var cell in Cells)
        {
            cell.SetMissing();
        }
    }

    /// <summary>The row's prediction: one number, or a probability per class in the signature's order; good until the next one.</summary>
    public ReadOnlySpan<float> Predict()
    {
        _scorer.Score(_encoding.Encode(), 0, _scores, _values);
        return _values;
    }
}
