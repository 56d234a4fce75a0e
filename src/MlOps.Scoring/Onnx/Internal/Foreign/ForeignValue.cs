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
    public bool AreProbabilities => Predictor.Link is Link.Softmax or Link.OneVsRest || (Predictor.Link == Link.Logistic && Classes is { Count: 2 }) || AreVotes;

    /// <summary>Whether they are a forest's votes, which need no link: no leaf has a weight below 0, and all trees' together always have 1 in sum.</summary>
    public bool AreVotes => Classes is not null && Predictor is TreeEnsemble { Link: Link.Identity } forest && forest.Trees.All(tree => tree.Value.All(value => value >= 0))
        && forest.BaseScores.All(score => score >= 0) && (Outputs == 1 ? Most(forest) <= 1 + Rounding : AreWhole(forest));

    // What float32 loses in a sum of many trees' weights.
    private const double Rounding = 1e-4;

    private static double Most(TreeEnsemble forest) => forest.BaseScores[0] + forest.Trees.Sum(tree => (double)tree.Value.Max());

    // The trees that one tree of the file became, one per class, share its nodes.
    private static bool AreWhole(TreeEnsemble forest)
    {
        double least = forest.BaseScores.Sum(score => (double)score), most = least;
        foreach (var tree in forest.Trees.GroupBy(tree => tree.Feature, ReferenceEqualityComparer.Instance))
        {
            double[] leaves = [.. Enumerable.Range(0, tree.First().Feature.Length).Where(node => tree.First().Feature[node] < 0).Select(node => tree.Sum(part => (double)part.Value[node]))];
            (least, most) = (least + leaves.Min(), most + leaves.Max());
        }

        return Math.Abs(least - 1) <= Rounding && Math.Abs(most - 1) <= Rounding;
    }
}

/// <summary>Texts of a column, before an operator makes numbers of them.</summary>
internal sealed record TextCells(string Column) : Encoder(Column)
{
    public override int Width => 1;
}
