using MlOps.Scoring;

namespace MlOps.Learning.Internal.Trees;

/// <summary>What boosting lessens, with each row's raw scores so far.</summary>
internal abstract class Loss
{
    private const int RowsAtOnce = 4096;

    private readonly Workers _workers;
    private readonly int _rows;

    private protected Loss(int rows, double[] baseScores, Workers workers)
    {
        _workers = workers;
        _rows = rows;
        BaseScores = [.. baseScores.Select(b => (float)b)];
        Raw = [.. BaseScores.Select(b =>
        {
            var raw = new double[rows];
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

    public static Loss Of(Labels labels, Workers workers) => labels.Signature.Task switch
    {
        ModelTask.Regression => new SquaredLoss(labels.Numbers, workers),
        ModelTask.Binary => new LogisticLoss(labels.Classes, workers),
        _ => new SoftmaxLoss(labels.Classes, labels.Signature.Classes.Count, workers),
    };

    /// <summary>Called before the round's first tree: its trees all follow the scores as they are now.</summary>
    public virtual void StartRound()
    {
    }

    /// <summary>Sets every row's derivatives by the raw score of an output; false if all are 0.</summary>
    public bool Differentiate(int output, Derivatives derivatives)
    {
        var (mostFirst, mostSecond) = Bounds();
        if (!derivatives.Scale(mostFirst, mostSecond))
        {
            return false;
        }

        ForRows((from, to) =>
        {
            Span<double> first = stackalloc double[to - from], second = stackalloc double[to - from];
            Fill(output, from, first, second);
            derivatives.Set(from, first, second);
        });
        return true;
    }

    /// <summary>The largest absolute first derivative and the largest second one that can be now.</summary>
    private protected abstract (double First, double Second) Bounds();

    /// <summary>The derivatives of rows from <paramref name="from"/> on.</summary>
    private protected abstract void Fill(int output, int from, Span<double> first, Span<double> second);

    private protected void ForRows(Action<int, int> range) => _workers.ForRanges(_rows, RowsAtOnce, range);
}

/// <summary>Half the squared error.</summary>
internal sealed class SquaredLoss(double[] truth, Workers workers) : Loss(truth.Length, [OrderedSum.Mean(truth)], workers)
{
    public override Link Link => Link.Identity;

    private protected override (double First, double Second) Bounds()
    {
        double most = 0;
        var raw = Raw[0];
        for (var i = 0; i < raw.Length; i++)
        {
            most = Math.Max(most, Math.Abs(raw[i] - truth[i]));
        }

        return (most, 1);
    }

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        second.Fill(1);
        var raw = Raw[0].AsSpan(from, first.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            first[i] = raw[i] - truth[from + i];
        }
    }
}

/// <summary>The negative log likelihood of two classes.</summary>
internal sealed class LogisticLoss(int[] truth, Workers workers) : Loss(truth.Length, [LogOdds(truth)], workers)
{
    public override Link Link => Link.Logistic;

    private protected override (double First, double Second) Bounds() => (1, 0.25);

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        DeterministicMath.Sigmoid(Raw[0].AsSpan(from, first.Length), first);
        for (var i = 0; i < first.Length; i++)
        {
            second[i] = first[i] * (1 - first[i]);
            first[i] -= truth[from + i];
        }
    }

    private static double LogOdds(int[] truth)
    {
        double positives = truth.Sum();
        return DeterministicMath.Log(positives / (truth.Length - positives));
    }
}

/// <summary>The negative log likelihood of several classes.</summary>
internal sealed class SoftmaxLoss(int[] truth, int classes, Workers workers) : Loss(truth.Length, LogShares(truth, classes), workers)
{
    private readonly double[][] _probabilities = [.. Enumerable.Range(0, classes).Select(_ => new double[truth.Length])];

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

        for (var k = 0; k < classes; k++)
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

    private protected override (double First, double Second) Bounds() => (1, 0.25);

    private protected override void Fill(int output, int from, Span<double> first, Span<double> second)
    {
        var probabilities = _probabilities[output].AsSpan(from, first.Length);
        for (var i = 0; i < first.Length; i++)
        {
            first[i] = probabilities[i] - (truth[from + i] == output ? 1 : 0);
            second[i] = probabilities[i] * (1 - probabilities[i]);
        }
    }

    private static double[] LogShares(int[] truth, int classes)
    {
        var counts = new int[classes];
        foreach (var k in truth)
        {
            counts[k]++;
        }

        return [.. counts.Select(c => DeterministicMath.Log((double)c / truth.Length))];
    }
}
