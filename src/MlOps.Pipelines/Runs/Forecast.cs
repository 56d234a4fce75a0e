using MlOps.Engine;

namespace MlOps.Pipelines.Runs;

/// <summary>How long a build will take, as far as earlier runs on this machine tell.</summary>
/// <remarks>A step takes the median of its last runs, each scaled by how much it read then and would read now (by at most four);
/// one that never ran here takes what other instances of its declaration took. A step that waits counts as if it will run.</remarks>
internal sealed class Forecast
{
    private const double MostScale = 4;

    private readonly RunLog _log;
    private readonly Func<Step, IReadOnlyDictionary<string, Content.Digest>?, long?> _bytes;
    private readonly Lazy<ILookup<string, string>> _declared;

    /// <param name="log">What is known.</param>
    /// <param name="bytes">How much a step would read, given its inputs' digests; null where that is not known.</param>
    public Forecast(RunLog log, Func<Step, IReadOnlyDictionary<string, Content.Digest>?, long?> bytes)
    {
        (_log, _bytes) = (log, bytes);
        _declared = new(() => log.Steps.ToLookup(step => new StepSelector(step).Declared, StringComparer.Ordinal));
    }

    /// <summary>The seconds that a step will take: 0 if it will not run, null if nothing is known.</summary>
    public double? Of(PlannedStep plan)
    {
        if (plan.Action is PlannedAction.UpToDate or PlannedAction.Restore)
        {
            return 0;
        }

        var bytes = _bytes(plan.Step, plan.Inputs);
        var name = plan.Step.Name.Value;
        return Median(_log.Of(name), bytes) ?? Median([.. _declared.Value[new StepSelector(name).Declared].SelectMany(_log.Of)], bytes);
    }

    /// <summary>The seconds until the last step has ended, and how many steps nothing is known of (they count as nothing).</summary>
    /// <param name="jobs">How many steps run side by side.</param>
    public (double Seconds, int Unknown) Total(IReadOnlyList<PlannedStep> plan, int jobs)
    {
        var pending = plan.Where(step => step.Action is PlannedAction.Run or PlannedAction.Await).ToList();
        var seconds = pending.ConvertAll(Of);
        var index = pending.Select((step, i) => (step.Step.Name, i)).ToDictionary(step => step.Name, step => step.i);
        var producers = pending.ConvertAll(step => step.Step.Inputs.Values.OfType<OutputInput>().Select(input => index.GetValueOrDefault(input.Step, -1)).Where(i => i >= 0).Distinct().ToArray());
        var consumers = Enumerable.Range(0, pending.Count).SelectMany(i => producers[i].Select(p => (Producer: p, Consumer: i))).ToLookup(edge => edge.Producer, edge => edge.Consumer);
        var missing = producers.ConvertAll(list => list.Length);

        // As the scheduler does it: whoever is ready first in the graph's order takes the next free place.
        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, pending.Count).Where(i => missing[i] == 0).Select(i => (i, i)));
        var running = new PriorityQueue<int, double>();
        var now = 0.0;
        while (ready.Count > 0 || running.Count > 0)
        {
            while (running.Count < jobs && ready.TryDequeue(out var next, out _))
            {
                running.Enqueue(next, now + (seconds[next] ?? 0));
            }

            running.TryDequeue(out var ended, out now);
            foreach (var consumer in consumers[ended])
            {
                if (--missing[consumer] == 0)
                {
                    ready.Enqueue(consumer, consumer);
                }
            }
        }

        return (now, seconds.Count(known => known is null));
    }

    private static double? Median(IReadOnlyList<RunEntry> entries, long? bytes)
    {
        var seconds = entries.Where(entry => entry.Status == StepStatus.Ran)
            .Select(entry => entry.Seconds * (bytes is > 0 && entry.InputBytes is > 0 ? Math.Clamp((double)bytes / entry.InputBytes.Value, 1 / MostScale, MostScale) : 1)).Order().ToList();
        return seconds.Count == 0 ? null : (seconds[(seconds.Count - 1) / 2] + seconds[seconds.Count / 2]) / 2;
    }
}
