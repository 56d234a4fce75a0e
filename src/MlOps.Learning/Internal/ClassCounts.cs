namespace MlOps.Learning.Internal;

/// <summary>Rows by true and by predicted class; classes that the model does not know share one more true class.</summary>
internal sealed class ClassCounts(int classes)
{
    private readonly long[] _true = new long[classes + 1];
    private readonly long[] _predicted = new long[classes];
    private readonly long[] _right = new long[classes];

    public long Rows { get; private set; }

    public long Right { get; private set; }

    public void Add(int truth, int predicted)
    {
        Rows++;
        _true[truth < 0 ? classes : truth]++;
        _predicted[predicted]++;
        if (truth == predicted)
        {
            _right[truth]++;
            Right++;
        }
    }

    /// <summary>2·right / (true + predicted); null where the class is neither in the truth nor in the predictions.</summary>
    public double? F1(int k) => _true[k] + _predicted[k] == 0 ? null : 2.0 * _right[k] / (_true[k] + _predicted[k]);

    public double? MacroAccuracy() => Mean(Enumerable.Range(0, classes + 1)
        .Where(k => _true[k] > 0).Select(k => k == classes ? 0 : (double)_right[k] / _true[k]));

    public double? MacroF1() => Mean(Enumerable.Range(0, classes).Select(F1).Append(_true[classes] > 0 ? 0 : null).OfType<double>());

    private static double? Mean(IEnumerable<double> values)
    {
        var all = values.ToList();
        return all.Count == 0 ? null : OrderedSum.Mean([.. all]);
    }
}
