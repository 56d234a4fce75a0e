using System.Collections.Concurrent;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Brings results from the remotes instead of running steps: what the lock names first, all of it at once; then what trusted remotes say of a fingerprint.</summary>
/// <remarks>One lives as long as one build. What is fetched lies in the local store, so that the planner finds it there.</remarks>
internal sealed class RemoteRestore(RemoteCache remote, ContentStore store)
{
    private const int SideBySide = 16;

    private readonly ConcurrentDictionary<Digest, bool> _asked = new();

    /// <summary>The steps whose results the lock named and a remote had.</summary>
    public HashSet<StepName> Fetched { get; } = [];

    /// <summary>Fetches the contents that steps would be up to date with.</summary>
    public async Task FetchAsync(IReadOnlyDictionary<StepName, ContentRef[]> wanted, CancellationToken cancellationToken)
    {
        var missing = await remote.FetchAsync([.. wanted.Values.SelectMany(contents => contents).Distinct()], cancellationToken);
        Fetched.UnionWith(wanted.Where(step => !step.Value.Any(missing.Contains)).Select(step => step.Key));
    }

    /// <summary>Content that a remote said it has, while planning only.</summary>
    public IReadOnlySet<ContentRef> Found { get; private set; } = new HashSet<ContentRef>();

    /// <summary>Asks the remotes whether they have the contents that steps would be up to date with; fetches nothing.</summary>
    public async Task FindAsync(IReadOnlyDictionary<StepName, ContentRef[]> wanted, CancellationToken cancellationToken)
    {
        Found = await remote.FindAsync([.. wanted.Values.SelectMany(contents => contents).Distinct()], cancellationToken);
        Fetched.UnionWith(wanted.Where(step => step.Value.All(Found.Contains)).Select(step => step.Key));
    }

    /// <summary>Asks the remotes for the results of steps that would run, several side by side; true if any was had.</summary>
    public async Task<bool> FetchAsync(IEnumerable<PlannedStep> pending, CancellationToken cancellationToken)
    {
        var any = false;
        await Parallel.ForEachAsync(pending.Where(IsWorthAsking), new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken }, async (plan, token) =>
        {
            if (await TryFetchAsync(plan, token))
            {
                Volatile.Write(ref any, true);
            }
        });
        return any;
    }

    /// <summary>Asks the remotes for one step's result; true if the store has it now, whole.</summary>
    public async Task<bool> TryFetchAsync(PlannedStep plan, CancellationToken cancellationToken)
    {
        if (!IsWorthAsking(plan) || !_asked.TryAdd(plan.Fingerprint!.Value, true))
        {
            return false;
        }

        var known = store.TryGetRecord(plan.Fingerprint.Value);
        var record = known ?? await remote.FetchRecordAsync(plan.Fingerprint.Value, cancellationToken);
        if (record is null || !plan.Step.Outputs.SetEquals(record.Outputs.Keys) || !plan.Step.FactNames.SetEquals(record.Facts.Select(fact => fact.Key))
            || (await remote.FetchAsync([.. record.Contents], cancellationToken)).Count > 0)
        {
            return false;
        }

        if (known is null)
        {
            store.PutRecord(plan.Fingerprint.Value, record);
        }

        return true;
    }

    private static bool IsWorthAsking(PlannedStep plan) => plan is { Action: PlannedAction.Run, Reason: not StaleReason.Forced, Fingerprint: not null };
}
