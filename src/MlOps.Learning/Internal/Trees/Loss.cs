using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>What boosting lessens, with each row's raw scores so far.</summary>
internal abstract class Loss
{
    private const int RowsAtOnce = 4096;

    private readonly Workers _workers;
    private readonly int _rows;

    private protected Loss(FitRows rows, double[] baseScores, Workers workers)
    {
        _workers = workers;
        _rows = rows.Count;
        Weights = rows.Weights;
        BaseScores = [.. baseScores.Select(b => (float)b)];
        Raw = [.. BaseScores.Select(b =>
        {
            var raw = new double[_rows];
            Array.Fill(raw, b);
            return raw;
        })];
    }

    public abstract Link Link { get; }

    public int Outputs => BaseScores.Length;

    /// <summary>The best constant per output.</summary>
    public float[] BaseScores { get; }

    /// <summary>Per output the rows' raw scores.</summary>
    public double[][] Raw { get; }

    /// <summary>How much each row counts, on average 1; null where all count the same.</summary>
    private protected double[]? Weights { get; }

    public static Loss Of(FitRows rows, BoostedTreesOptions options, Workers workers) => rows.Labels.Signature.Task switch
    {
        ModelTask.Regression => options.Loss switch
        {
            RegressionLoss.Absolute => new QuantileLoss(rows, 0.5, workers),
            RegressionLoss.Quantile => new QuantileLoss(rows, options.Quantile, workers),
            RegressionLoss.Poisson => new PoissonLoss(rows, workers),
            _ => new SquaredLoss(rows, workers),
        },
        ModelTask.Binary => new LogisticLoss(rows, workers),
        _ => new SoftmaxLoss(rows, workers),
    };

    /// <summary>Called before the round's first tree: its trees all follow the scores as they are now.</summary>
    public virtual void StartRound()
    {
    }

    /// <summary>Sets every row's derivatives by the raw score of an output; false if all are 0.</summary>
    public bool Differentiate(int output, Derivatives derivatives)
    {
        var (first, second) = Sums();
        if (!derivatives.Scale(first, second))
        {
            return false;
        }

        ForRows((from, to) =>
        {
            Span<double> firsts = stackalloc double[to - from], seconds = stackalloc double[to - from];
            Fill(output, from, firsts, seconds);
            for (var i = 0; Weights is { } weights && i < firsts.Length; i++)
            {
                firsts[i] *= weights[from + i];
                seconds[i] *= weights[from + i];
            }

            derivatives.Set(from, firsts, seconds);
        });
        return true;
    }

    /// <summary>The best score for a leaf, before the learning rate.</summary>
    /// <param name="newton">The Newton step, which is the best for a loss that is a parabola.</param>
    /// <param name="rows">The rows that fall into it.</param>
    public virtual double Step(double newton, ReadOnlySpan<int> rows) => newton;

    /// <summary>The mean loss of some rows, up to a constant.</summary>
    public double Mean(int[] rows)
    {
        var sum = _workers.SumRanges(rows.Length, RowsAtOnce, (from, to) =>
        {
            double part = 0;
            for (var i = from; i < to; i++)
            {
                part += WeightOf(rows[i]) * Of(rows[i]);
            }

            return part;
        });
        return sum / _workers.SumRanges(rows.Length, RowsAtOnce, (from, to) =>
        {
            double part = 0;
            for (var i = from; i < to; i++)
            {
                part += WeightOf(rows[i]);
            }

            return part;
        });
    }

    /// <summary>The sums of all first derivatives' sizes and of all second ones, or more.</summary>
    private protected virtual (double First, double Second) Sums() => (_rows, _rows);

    /// <summary>The derivatives of rows from <paramref name="from"/> on, unweighted.</summary>
    private protected abstract void Fill(int output, int from, Span<double> first, Span<double> second);

    /// <summary>The loss of a row.</summary>
    private protected abstract double Of(int row);

    private protected double WeightOf(int row) => Weights is { } weights ? weights[row] : 1;

    private protected void ForRows(Action<int, int> range) => _workers.ForRanges(_rows, RowsAtOnce, range);

    private protected double SumRows(Func<int, double> value) => _workers.SumRanges(_rows, RowsAtOnce, (from, to) =>
    {
        double part = 0;
        for (var row = from; row < to; row++)
        {
            part += value(row);
        }

        return part;
    });
}

/// <summary>Half the squared error.</summary>
internal sealed class SquaredLoss(FitRows rows, Workers workers) : Loss(rows, [rows.Mean(rows.Labels.Numbers)], workers)
{
    private readonly double[] _truth = rows.Labels.Numbers;

    public override Link Link => Link.Identity;

    private protected override (double First, double Second) Sums() => (SumRows(row => WeightOf(row) * Math.Abs(Raw[0][row] - _truth[row])), _truth.Length);

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        second.Fill(1);
        var raw = Raw[0].AsSpan(from, first.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            first[i] = raw[i] - _truth[from + i];
        }
    }

    private protected override double Of(int row) => (Raw[0][row] - _truth[row]) * (Raw[0][row] - _truth[row]);
}

/// <summary>The negative log likelihood of counts, whose mean is e to the power of the raw score.</summary>
internal sealed class PoissonLoss(FitRows rows, Workers workers) : Loss(rows, [DeterministicMath.Log(rows.Mean(rows.Labels.Numbers))], workers)
{
    // A leaf without any count: its mean becomes a thousandth, not nothing.
    private const double LeastStep = -0.999;

    private readonly double[] _truth = rows.Labels.Numbers;
    private readonly double[] _mean = new double[rows.Count];

    public override Link Link => Link.Exponential;

    public override void StartRound() => ForRows((from, to) => DeterministicMath.Exp(Raw[0].AsSpan(from, to - from), _mean.AsSpan(from, to - from)));

    // The factor that makes the leaf's mean right is 1 + newton: its logarithm never overshoots as the Newton step itself does.
    public override double Step(double newton, ReadOnlySpan<int> rows) => DeterministicMath.Log1p(Math.Max(newton, LeastStep));

    private protected override (double First, double Second) Sums() =>
        (SumRows(row => WeightOf(row) * Math.Abs(_mean[row] - _truth[row])), SumRows(row => WeightOf(row) * _mean[row]));

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        for (var i = 0; i < first.Length; i++)
        {
            second[i] = _mean[from + i];
            first[i] = second[i] - _truth[from + i];
        }
    }

    private protected override double Of(int row) => DeterministicMath.Exp(Raw[0][row]) - (_truth[row] * Raw[0][row]);
}

/// <summary>The pinball loss, least where a share of the labels lies below the prediction; for one half the absolute error.</summary>
internal sealed class QuantileLoss(FitRows rows, double share, Workers workers)
    : Loss(rows, [WeightedQuantile.Of([.. rows.Labels.Numbers], rows.Weights is { } weights ? [.. weights] : null, share)], workers)
{
    private readonly double[] _truth = rows.Labels.Numbers;

    public override Link Link => Link.Identity;

    // The slope says on which side the label lies, not how far.
    public override double Step(double newton, ReadOnlySpan<int> rows)
    {
        var residuals = new double[rows.Length];
        var weights = Weights is null ? null : new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            residuals[i] = _truth[rows[i]] - Raw[0][rows[i]];
            if (weights is not null)
            {
                weights[i] = WeightOf(rows[i]);
            }
        }

        return WeightedQuantile.Of(residuals, weights, share);
    }

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        second.Fill(1);
        for (var i = 0; i < first.Length; i++)
        {
            var error = Raw[0][from + i] - _truth[from + i];
            first[i] = error < 0 ? -share : error > 0 ? 1 - share : 0;
        }
    }

    private protected override double Of(int row)
    {
        var error = Raw[0][row] - _truth[row];
        return error < 0 ? -share * error : (1 - share) * error;
    }
}

/// <summary>The negative log likelihood of two classes.</summary>
internal sealed class LogisticLoss(FitRows rows, Workers workers) : Loss(rows, [LogOdds(rows)], workers)
{
    private readonly int[] _truth = rows.Labels.Classes;

    public override Link Link => Link.Logistic;

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        DeterministicMath.Sigmoid(Raw[0].AsSpan(from, first.Length), first);
        for (var i = 0; i < first.Length; i++)
        {
            second[i] = first[i] * (1 - first[i]);
            first[i] -= _truth[from + i];
        }
    }

    private protected override double Of(int row)
    {
        var against = _truth[row] == 1 ? -Raw[0][row] : Raw[0][row];
        return Math.Max(against, 0) + DeterministicMath.Log1p(DeterministicMath.Exp(-Math.Abs(against)));
    }

    private static double LogOdds(FitRows rows)
    {
        var shares = rows.Shares();
        return DeterministicMath.Log(shares[1] / shares[0]);
    }
}

/// <summary>The negative log likelihood of several classes.</summary>
internal sealed class SoftmaxLoss(FitRows rows, Workers workers) : Loss(rows, [.. rows.Shares().Select(DeterministicMath.Log)], workers)
{
    private readonly int[] _truth = rows.Labels.Classes;
    private readonly double[][] _probabilities = [.. rows.Labels.Signature.Classes.Select(_ => new double[rows.Count])];

    public override Link Link => Link.Softmax;

    public override void StartRound() => ForRows((from, to) =>
    {
        Span<double> most = stackalloc double[to - from], sum = stackalloc double[to - from];
        most.Fill(double.NegativeInfinity);
        foreach (var raw in Raw)
        {
            for (var i = 0; i < most.Length; i++)
            {
                most[i] = Math.Max(most[i], raw[from + i]);
            }
        }

        for (var k = 0; k < _probabilities.Length; k++)
        {
            var p = _probabilities[k].AsSpan(from, most.Length);
            for (var i = 0; i < p.Length; i++)
            {
                p[i] = Raw[k][from + i] - most[i];
            }

            DeterministicMath.Exp(p, p);
            for (var i = 0; i < p.Length; i++)
            {
                sum[i] += p[i];
            }
        }

        foreach (var p in _probabilities)
        {
            for (var i = 0; i < sum.Length; i++)
            {
                p[from + i] /= sum[i];
            }
        }
    });

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        var probabilities = _probabilities[output].AsSpan(from, first.Length);
        for (var i = 0; i < first.Length; i++)
        {
            first[i] = probabilities[i] - (_truth[from + i] == output ? 1 : 0);
            second[i] = probabilities[i] * (1 - probabilities[i]);
        }
    }

    private protected override double Of(int row)
    {
        var most = double.NegativeInfinity;
        foreach (var raw in Raw)
        {
            most = Math.Max(most, raw[row]);
        }

        double sum = 0;
        foreach (var raw in Raw)
        {
            sum += DeterministicMath.Exp(raw[row] - most);
        }

        return DeterministicMath.Log(sum) + most - Raw[_truth[row]][row];
    }
}
