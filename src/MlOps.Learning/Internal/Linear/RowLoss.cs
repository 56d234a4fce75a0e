using MlOps.Scoring;

namespace MlOps.Learning.Internal.Linear;

/// <summary>A convex loss of a row's raw scores.</summary>
/// <param name="weights">How much each row counts; null where all count the same.</param>
internal abstract class RowLoss(int outputs, double[]? weights)
{
    /// <summary>Raw scores per row.</summary>
    public int Outputs => outputs;

    /// <summary>The summed loss of rows from <paramref name="firstRow"/> on, in their order; raw scores become derivatives.</summary>
    /// <param name="scores">Output by output, each with the same number of rows.</param>
    public abstract double Differentiate(int firstRow, double[][] scores, int rows);

    protected double Weight(int row) => weights is null ? 1 : weights[row];
}

/// <summary>Half the squared error of the standardised truth.</summary>
internal sealed class SquaredRowLoss : RowLoss
{
    private readonly double[] _truth;

    public SquaredRowLoss(double[] truth, double[]? weights)
        : base(1, weights)
    {
        Mean = OrderedSum.Mean(truth);
        Unit = Math.Sqrt(OrderedSum.Mean([.. truth.Select(t => (t - Mean) * (t - Mean))]));
        _truth = [.. truth.Select(t => (t - Mean) / Unit)];
    }

    public double Mean { get; }

    /// <summary>The standard deviation, which the truth is divided by.</summary>
    public double Unit { get; }

    public override double Differentiate(int firstRow, double[][] scores, int rows)
    {
        double loss = 0;
        var z = scores[0];
        for (var i = 0; i < rows; i++)
        {
            var (weight, error) = (Weight(firstRow + i), z[i] - _truth[firstRow + i]);
            loss += 0.5 * weight * error * error;
            z[i] = weight * error;
        }

        return loss;
    }
}

/// <summary>The negative log likelihood of two classes.</summary>
internal sealed class LogisticRowLoss(int[] truth, double[]? weights) : RowLoss(1, weights)
{
    public override double Differentiate(int firstRow, double[][] scores, int rows)
    {
        double loss = 0;
        var z = scores[0];
        for (var i = 0; i < rows; i++)
        {
            // ln(1 + e^z) − y z
            var e = DeterministicMath.Exp(-Math.Abs(z[i]));
            var weight = Weight(firstRow + i);
            loss += weight * (Math.Max(z[i], 0) + DeterministicMath.Log1p(e) - (truth[firstRow + i] * z[i]));
            z[i] = weight * (((z[i] >= 0 ? 1 : e) / (1 + e)) - truth[firstRow + i]);
        }

        return loss;
    }
}

/// <summary>The negative log likelihood of several classes.</summary>
internal sealed class SoftmaxRowLoss(int[] truth, int classes, double[]? weights) : RowLoss(classes, weights)
{
    public override double Differentiate(int firstRow, double[][] scores, int rows)
    {
        double loss = 0;
        for (var i = 0; i < rows; i++)
        {
            var most = double.NegativeInfinity;
            foreach (var z in scores)
            {
                most = Math.Max(most, z[i]);
            }

            var y = truth[firstRow + i];
            var own = scores[y][i] - most;
            double sum = 0;
            foreach (var z in scores)
            {
                sum += z[i] = DeterministicMath.Exp(z[i] - most);
            }

            var weight = Weight(firstRow + i);
            loss += weight * (DeterministicMath.Log(sum) - own);
            for (var k = 0; k < scores.Length; k++)
            {
                scores[k][i] = weight * ((scores[k][i] / sum) - (k == y ? 1 : 0));
            }
        }

        return loss;
    }
}
