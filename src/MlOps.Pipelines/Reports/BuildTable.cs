using System.Globalization;
using System.Text;
using MlOps.Engine;

namespace MlOps.Pipelines.Reports;

/// <summary>A row of the table at a build's end.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Seconds">Wall time of its run.</param>
/// <param name="Explanation">Why it was not up to date.</param>
internal sealed record BuildRow(string Step, StepStatus Status, double Seconds, string Explanation)
{
    /// <summary>Whether it is up to date because it is declared to stay.</summary>
    public bool IsFrozen { get; init; }
}

/// <summary>The table at a build's end.</summary>
internal static class BuildTable
{
    /// <summary>Beyond this many rows those that are up to date are counted, not listed.</summary>
    public const int MostRows = 40;

    public static string Word(StepStatus status) => status switch
    {
        StepStatus.UpToDate => "up to date",
        StepStatus.Restored => "restored",
        StepStatus.Ran => "ran",
        StepStatus.Failed => "failed",
        _ => "skipped",
    };

    /// <param name="steps">All steps in order; of more than <see cref="MostRows"/> those that are up to date may be left out.</param>
    /// <param name="count">How many steps there are.</param>
    /// <param name="tail">What stands below; empty for none.</param>
    public static string Text(IReadOnlyList<BuildRow> steps, int count, string tail)
    {
        var collapsed = count > MostRows;
        var table = new TextTable("step", "status", "seconds", "reason");
        var (rows, counts) = (0, new int[(int)StepStatus.Skipped + 1]);
        counts[(int)StepStatus.UpToDate] = count - steps.Count;
        foreach (var step in steps)
        {
            counts[(int)step.Status]++;
            if (!collapsed || (step.Status != StepStatus.UpToDate && rows < MostRows))
            {
                rows++;
                table.Add(step.Step, step is { Status: StepStatus.UpToDate, IsFrozen: true } ? "frozen" : Word(step.Status),
                    step.Status is StepStatus.Ran or StepStatus.Failed ? step.Seconds.ToString("0.00", CultureInfo.InvariantCulture) : "",
                    step.Status == StepStatus.UpToDate ? "" : step.Explanation);
            }
        }

        var parts = new List<string>();
        if (rows > 0)
        {
            parts.Add(table.ToString());
        }

        if (collapsed)
        {
            parts.Add(Counted(counts));
        }

        if (tail.Length > 0)
        {
            parts.Add(tail);
        }

        return string.Join('\n', parts);
    }

    private static string Counted(int[] counts)
    {
        var text = new StringBuilder();
        for (var status = 0; status < counts.Length; status++)
        {
            if (counts[status] > 0)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append(counts[status].ToString("N0", CultureInfo.InvariantCulture)).Append(' ').Append(Word((StepStatus)status));
            }
        }

        return text.ToString();
    }
}
