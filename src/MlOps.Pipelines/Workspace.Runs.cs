using System.Globalization;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private Forecast NewForecast() => new(RunLog.Read(Root), BytesRead);

    /// <summary>Remembers what a build did with the steps that were pending.</summary>
    private void Remember(IEnumerable<StepOutcome> ended) => RunLog.Append(Root, [.. ended.Where(step => step.Status is not StepStatus.Skipped).Select(step => new RunEntry(
        step.Step.Name.Value,
        step.Status,
        Math.Round(step.Seconds, 3),
        step.Status == StepStatus.Ran ? BytesRead(step.Step, step.Inputs) : null,
        step.Explanation,
        step.Fingerprint?.Hex))]);

    /// <summary>How much a step reads; null where an input is not here yet, or is a directory.</summary>
    private long? BytesRead(Step step, IReadOnlyDictionary<string, Digest>? inputs)
    {
        long bytes = 0;
        foreach (var (name, input) in step.Inputs)
        {
            var path = input is FileInput file ? file.Path.In(Root) : inputs is not null && inputs.TryGetValue(name, out var digest) ? _engine.Store.PathOf(digest) : null;
            if (path is null || name.EndsWith('/') || FileStat.Of(path) is not { Kind: FileKind.File } stat)
            {
                return null;
            }

            bytes += stat.Size;
        }

        return bytes;
    }

    /// <summary>Seconds as people say them: <c>0.3 s</c>, <c>12 s</c>, <c>5 min</c>.</summary>
    internal static string Shown(double seconds) => seconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };
}
