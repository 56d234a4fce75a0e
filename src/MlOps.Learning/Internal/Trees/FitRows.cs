namespace MlOps.Learning.Internal.Trees;

/// <summary>The truth of the training rows, and how much each row counts.</summary>
/// <param name="Weights">On average 1; null where all rows count the same.</param>
internal sealed record FitRows(Labels Labels, double[]? Weights)
{
    public int Count => Labels.Rows.Length;

    public double Mean(double[] numbers)
    {
        if (Weights is null)
        {
            return OrderedSum.Mean(numbers);
        }

        double sum = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            sum += Weights[i] * numbers[i];
        }

        return sum / OrderedSum.Of(Weights);
    }

    /// <summary>The weight of each class, as a share of all; whole numbers are summed where rows count the same.</summary>
    public double[] Shares()
    {
        var shares = new double[Labels.Signature.Classes.Count];
        for (var i = 0; i < Labels.Classes.Length; i++)
        {
            shares[Labels.Classes[i]] += Weights is null ? 1 : Weights[i];
        }

        var total = OrderedSum.Of(shares);
        return [.. shares.Select(s => s / total)];
    }
}
