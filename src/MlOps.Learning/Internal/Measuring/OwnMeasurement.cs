using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>A measurement with metrics of the model's own behind those of the task: each is given the rows of a sample one by one.</summary>
internal sealed class OwnMeasurement : Measurement
{
    private readonly Measurement _task;
    private readonly MetricFunction[] _functions;
    private readonly int[] _sorted;
    private readonly double[] _numbers, _predicted, _weights;
    private readonly bool[] _positives, _predictedPositives;
    private readonly string[] _classes, _predictedClasses;

    public OwnMeasurement(Measurement task, IReadOnlyList<KeyValuePair<string, MetricOptions>> own, Signature signature, Predictions predictions, Frame test, string? weight)
        : base(task.Rows)
    {
        _task = task;
        _functions = [.. own.Select(metric => metric.Value.Function ?? throw new InvalidOperationException($"metric '{metric.Key}' is measured where the model's code is run"))];
        Names = [.. task.Names, .. own.Select(metric => metric.Key)];
        // Functions see rows as they stand in the data, whatever order the task's own metrics like.
        _sorted = [.. task.Rows.Order()];
        var label = test[signature.Label];
        var isNumber = signature.Task == ModelTask.Regression;
        var numbers = isNumber ? Labels.NumbersOf(label)! : [];
        var classes = signature.Task == ModelTask.Binary ? Labels.ClassOfRows(label, signature.Classes) : [];
        _numbers = isNumber ? [.. _sorted.Select(row => numbers[row])] : [];
        _predicted = signature.Task == ModelTask.Multiclass ? [] : [.. _sorted.Select(row => (double)predictions.Row(row)[^1])];
        _positives = signature.Task == ModelTask.Binary ? [.. _sorted.Select(row => classes[row] == 1)] : [];
        _predictedPositives = signature.Task == ModelTask.Binary ? [.. _sorted.Select(row => predictions.ClassIndex(row) == 1)] : [];
        _classes = signature.Task == ModelTask.Multiclass ? [.. _sorted.Select(row => label.Text(row)!)] : [];
        _predictedClasses = signature.Task == ModelTask.Multiclass ? [.. _sorted.Select(predictions.Class)] : [];
        var weights = weight is not null && test.TryGet(weight, out var column) ? (column as NumberColumn)?.Values : null;
        _weights = [.. _sorted.Select(row => weights is null ? 1 : weights[row])];
    }

    public override IReadOnlyList<string> Names { get; }

    public override void Measure(ReadOnlySpan<int> counts, Span<double> values)
    {
        _task.Measure(counts, values[.._task.Names.Count]);
        var drawn = Drawn(counts);
        var sample = new MetricSample
        {
            Numbers = Of(_numbers, drawn),
            Predicted = Of(_predicted, drawn),
            Positives = Of(_positives, drawn),
            PredictedPositives = Of(_predictedPositives, drawn),
            Classes = Of(_classes, drawn),
            PredictedClasses = Of(_predictedClasses, drawn),
            Weights = Of(_weights, drawn),
        };
        for (var i = 0; i < _functions.Length; i++)
        {
            values[_task.Names.Count + i] = drawn.Length == 0 ? double.NaN : _functions[i](sample);
        }
    }

    private int[] Drawn(ReadOnlySpan<int> counts)
    {
        if (counts.IsEmpty)
        {
            return [.. Enumerable.Range(0, _sorted.Length)];
        }

        var drawn = new List<int>(_sorted.Length);
        for (var i = 0; i < _sorted.Length; i++)
        {
            for (var n = counts[_sorted[i]]; n > 0; n--)
            {
                drawn.Add(i);
            }
        }

        return [.. drawn];
    }

    private static T[] Of<T>(T[] all, int[] drawn) => all.Length == 0 ? [] : Array.ConvertAll(drawn, i => all[i]);
}
