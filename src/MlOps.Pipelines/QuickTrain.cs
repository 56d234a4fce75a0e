using System.Globalization;
using System.Text;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines;

/// <summary><c>Train</c> after a small edit, before anything that is declared has been read.</summary>
/// <remarks>It prints what <see cref="Workspace.TrainAsync"/> would print. See decision 0010.</remarks>
public static class QuickTrain
{
    /// <summary>What standard output shall get; null if the whole <c>Train</c> has to run, which <paramref name="tried"/> then must be told.</summary>
    /// <param name="root">The workspace's absolute path.</param>
    /// <param name="recalled">The last answer of <c>Train</c>, with the changes since.</param>
    /// <param name="tell">Standard error.</param>
    /// <param name="live">Whether that is a terminal that someone watches.</param>
    /// <param name="tried">The step that was run, but that the whole <c>Train</c> has to report.</param>
    /// <param name="cancellationToken">Ends a running step.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the lock is as it was.</exception>
    public static byte[]? TryRun(string root, Recollection recalled, Action<string> tell, bool live, out TriedStep? tried, CancellationToken cancellationToken)
    {
        var result = QuickBuild.TryRun(root, recalled, Progress(tell, live), cancellationToken);
        tried = result?.Tried;
        if (result is not null)
        {
            RunLog.AppendQuick(root, result.Pending);
        }

        return result is null or { Tried: not null } ? null
            : result.Pending.Count == 0 ? recalled.Payload
            : Encoding.UTF8.GetBytes(BuildTable.Text(All(result), result.Steps, result.Tail) + "\n");
    }

    private static QuickProgress Progress(Action<string> tell, bool live) => live
        ? new(step => tell($"\r\e[K{(step.Length > 79 ? step[..78] + "…" : step)}"), (_, _, _) => tell("\r\e[K"))
        : new(_ => { }, (step, done, pending) =>
        {
            if (pending <= 100)
            {
                tell("[" + Text(done) + "/" + Text(pending) + "] " + step.Step + " " + BuildTable.Word(step.Status) + "\n");
            }
            else if (done * 10 / pending != (done - 1) * 10 / pending)
            {
                tell("[" + Text(done) + "/" + Text(pending) + "]\n");
            }
        });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The rows of a table that lists every step.</summary>
    private static List<BuildRow> All(QuickResult result)
    {
        var rows = new List<BuildRow>();
        if (result.Steps > BuildTable.MostRows)
        {
            foreach (var step in result.Pending)
            {
                rows.Add(Row(step));
            }

            return rows;
        }

        var decided = new Dictionary<string, QuickStep>(StringComparer.Ordinal);
        foreach (var step in result.Pending)
        {
            decided[step.Step] = step;
        }

        foreach (var name in result.Names)
        {
            rows.Add(decided.TryGetValue(name, out var step) ? Row(step) : new(name, StepStatus.UpToDate, 0, ""));
        }

        return rows;
    }

    private static BuildRow Row(QuickStep step) => new(step.Step, step.Status, step.Seconds, step.Explanation);
}
