namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>What a name in a foreign graph stands for.</summary>
internal abstract record ForeignValue;

/// <summary>Features, [N, sum of the encoders' widths].</summary>
internal sealed record Block(IReadOnlyList<Encoder> Encoders) : ForeignValue
{
    public int Width => Encoders.Sum(encoder => encoder.Width);
}

/// <summary>Raw scores, with the link that was taken of them so far.</summary>
/// <param name="Classes">The classes that a classifier operator names, in its order: one per raw score, or two for a single one.</param>
internal sealed record Scores(IReadOnlyList<Encoder> Encoders, Predictor Predictor, IReadOnlyList<string>? Classes) : ForeignValue
{
    public int Outputs => Predictor switch
    {
        LinearPredictor linear => linear.Intercepts.Length,
        TreeEnsemble trees => trees.BaseScores.Length,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether each row's values add up to 1.</summary>
    public bool AreProbabilities => Predictor.Link == Link.Softmax || (Predictor.Link == Link.Logistic && Classes is { Count: 2 });
}

/// <summary>Texts of a column, before an operator makes numbers of them.</summary>
internal sealed record TextCells(string Column) : Encoder(Column)
{
    public override int Width => 1;
}
