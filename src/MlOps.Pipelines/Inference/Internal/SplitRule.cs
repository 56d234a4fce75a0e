using MlOps.Data;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>The split that the options name, or the one that suits the table.</summary>
internal static class SplitRule
{
    private const int FewestTimes = 10;
    private const int SmallTable = 2000;

    internal static (SplitManifest Split, string Reason) Of(LabelledRows rows, ModelTask task, InferenceOptions options)
    {
        if (options.SplitColumn is { } column)
        {
            return (new ColumnSplit { Column = column, Test = options.TestValue! },
                $"rows with {column} = {options.TestValue} are the test, as the command line says");
        }

        if (options.Group is { } group)
        {
            return (new GroupSplit { Column = group }, $"by group, a fifth of the values of {group} are the test, as the command line says");
        }

        var ordering = rows.All.Columns.OfType<TimestampColumn>().FirstOrDefault(times =>
            times.Name != options.Label && !options.Drop.Contains(times.Name) && Orders(times.Values));
        if (ordering is not null)
        {
            return (new TimeSplit { Column = ordering.Name }, $"by time, the last fifth by {ordering.Name} is the test, because the file is in its order");
        }

        return task != ModelTask.Regression && rows.All.RowCount < SmallTable
            ? (new StratifiedSplit(), Words.Say($"stratified, a fifth of each class is the test, because there are only {rows.All.RowCount} rows"))
            : (new HashSplit(), "by hash, a fifth of the rows is the test, because no timestamp orders them");
    }

    private static bool Orders(long[] times)
    {
        var steps = 0;
        for (var i = 0; i < times.Length; i++)
        {
            if (times[i] == TimestampColumn.Missing || (i > 0 && times[i] < times[i - 1]))
            {
                return false;
            }

            steps += i > 0 && times[i] > times[i - 1] ? 1 : 0;
        }

        return steps >= FewestTimes - 1;
    }
}
