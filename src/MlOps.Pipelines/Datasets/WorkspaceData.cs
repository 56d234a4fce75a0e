using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Datasets;

/// <summary>The datasets' files and directories in the workspace, held against the lock: brings back what is missing or what a moved lock names, and never loses an edit.</summary>
/// <remarks>What it replaces is in the store first. A dataset whose lock is as remembered costs one stat.</remarks>
internal sealed partial class WorkspaceData(BuildEngine engine, DatasetBytes bytes, DatasetSource sources, IReporter reporter)
{
    private readonly DatasetMemory _memory = new(Path.Join(engine.Root, ".mlops", "datasets.json"));

    /// <summary>Brings files and lock together before a plan or a build.</summary>
    /// <param name="datasets">Those that are asked for.</param>
    /// <param name="readLock">Reads the lock.</param>
    /// <param name="openRemotes">Opens the remotes, if anything is to be fetched.</param>
    /// <param name="options">What may be done.</param>
    /// <param name="cancellationToken">Ends it; what is through stays.</param>
    /// <exception cref="DiagnosticException">Bytes that cannot be had, or a file and a lock that both changed: all that were found.</exception>
    public async Task SettleAsync(IReadOnlyList<Dataset> datasets, Func<LockFile> readLock, Func<RemoteCache> openRemotes, SettleOptions options, CancellationToken cancellationToken)
    {
        var pinned = readLock();
        var judged = datasets.Select(dataset => (Dataset: dataset, State: Judge(dataset, dataset.Pinned(pinned)))).ToList();
        var problems = judged.Select(item => Problem(item.Dataset, item.State, pinned, options)).OfType<Diagnostic>().ToList();
        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }

        if (!judged.Any(item => IsWork(item.Dataset, item.State)))
        {
            return;
        }

        using var hold = await engine.HoldAsync(() => reporter.Note("waiting for another build of this workspace"), cancellationToken);
        await using var remotes = openRemotes();
        pinned = readLock();
        foreach (var dataset in datasets)
        {
            // Whoever was waited for may have done it.
            var state = Judge(dataset, dataset.Pinned(pinned));
            if (IsWork(dataset, state))
            {
                await BringAsync(dataset, dataset.Pinned(pinned), remotes, cancellationToken);
            }
        }
    }

    /// <summary>Remembers what a build pinned, and lets the store keep what only restored steps named.</summary>
    public void Pinned(IReadOnlyDictionary<StepName, Dataset> datasets, BuildResult result, BuildMirror? mirror)
    {
        foreach (var step in result.Steps.Where(step => step.Result is not null && result.Succeeded))
        {
            if (!datasets.TryGetValue(step.Step.Name, out var dataset) || dataset.Pinned(result.Lock) is not { } content)
            {
                continue;
            }

            var known = _memory.Find(dataset);
            if (step.Status == StepStatus.Restored || (known is { Kept: true } && known.Content == content.Content && !engine.Store.Contains(content.Content)))
            {
                KeepAgain(dataset, content, always: step.Status != StepStatus.Restored);
            }

            Remember(dataset, content.Content);
            if (_memory.Find(dataset) is { Kept: true })
            {
                mirror?.ObserveExistence(engine.Store.PathOf(content.Content));
            }
        }
    }

    /// <summary>What lies in the workspace, or null.</summary>
    /// <exception cref="DiagnosticException">It lies behind a link that leaves the workspace, also if it is missing: nothing is brought there.</exception>
    public ContentRef? Here(Dataset dataset) =>
        engine.Files.DigestOf(dataset.Path) is { } digest ? new(digest, FileStat.Of(dataset.Path.In(engine.Root)).Kind == FileKind.Directory) : null;

    private DatasetState Judge(Dataset dataset, ContentRef? pinned)
    {
        var known = _memory.Find(dataset);
        var remembered = known?.Content;
        if (known is { Bringing: false } && pinned is not null && remembered == pinned.Value.Content)
        {
            // The lock is where it was: whatever lies here is the user's or the same, and the build looks at that.
            return FileStat.Of(dataset.Path.In(engine.Root)).Kind == FileKind.Absent ? DatasetState.Missing : DatasetState.AsPinned;
        }

        if (pinned is null && FileStat.Of(dataset.Path.In(engine.Root)).Kind != FileKind.Absent)
        {
            // Whatever it is, it will be pinned: to look at it once, in the build, is enough.
            return DatasetState.NeverPinned;
        }

        var here = Here(dataset);
        var state = DatasetRule.Judge(pinned?.Content, here?.Content, remembered, () => IsGits(dataset, pinned!.Value, here!.Value), () => IsKnown(dataset, pinned!.Value, here!.Value));
        if (state == DatasetState.AsPinned)
        {
            Remember(dataset, pinned!.Value.Content);
        }

        return known is { Bringing: true } && state is (DatasetState.Diverged or DatasetState.Edited) ? DatasetState.LockMoved : state;
    }

    private static bool IsWork(Dataset dataset, DatasetState state) =>
        state is DatasetState.Missing or DatasetState.LockMoved || (state == DatasetState.NeverFetched && dataset.Manifest.Source is not null);

    private static Diagnostic? Problem(Dataset dataset, DatasetState state, LockFile pinned, SettleOptions options)
    {
        if (state == DatasetState.Diverged && dataset.Name != options.Claimed)
        {
            return new("MLO2090", $"dataset '{dataset.Name}' was changed, and the lock now names other bytes")
            {
                Where = dataset.Path.Value,
                Why = $"data.lock.json names sha256 {dataset.Pinned(pinned)!.Value.Content.Hex}; what lies here is neither that nor what was pinned here before",
                Mend = $"keep yours: ./build.sh Import {dataset.Name}; or take the lock's: move {dataset.Path} away, then ./build.sh Train",
            };
        }

        if (state == DatasetState.NeverFetched && dataset.Manifest.Source is not null && !options.FetchesNew)
        {
            return new("MLO2087", $"dataset '{dataset.Name}' was never fetched") { Where = dataset.Where, Why = $"{dataset.Path} is not there, and the lock pins nothing", Mend = $"./build.sh Import {dataset.Name}" };
        }

        return !options.TakesBack && dataset.Demanded is { } demanded && dataset.Pinned(pinned) is { } lockd && lockd.Content != demanded && dataset.Name != options.Claimed
            ? DatasetBytes.Demands(dataset, demanded, $"data.lock.json names {lockd.Content.Hex}") : null;
    }

    /// <summary>Whether git carries a file here that bringing back the pinned bytes would change.</summary>
    private bool IsGits(Dataset dataset, ContentRef pinned, ContentRef here)
    {
        var tracked = Git.Tracked(engine.Root, dataset.Path.Value);
        if (tracked.Count == 0 || !here.IsTree || !pinned.IsTree || engine.Store.TryReadTree(pinned.Content) is not { } after)
        {
            return tracked.Count > 0;
        }

        var same = after.Entries.ToHashSet();
        var now = engine.Files.ListingOf(dataset.Path)!.Entries.ToDictionary(entry => $"{dataset.Path}/{entry.Path}", StringComparer.Ordinal);
        return tracked.Any(file => now.TryGetValue(file, out var entry) && !same.Contains(entry));
    }

    /// <summary>Where nothing is remembered: whether what lies here was pinned once, or is part of the directory that the lock names.</summary>
    private bool IsKnown(Dataset dataset, ContentRef pinned, ContentRef here) =>
        engine.Store.Contains(here) || (here.IsTree && pinned.IsTree && engine.Store.TryReadTree(pinned.Content) is { } whole
            && engine.Files.ListingOf(dataset.Path)!.Entries.ToHashSet().IsSubsetOf(whole.Entries));

    private void KeepAgain(Dataset dataset, ContentRef content, bool always)
    {
        var listing = content.IsTree ? engine.Files.ListingOf(dataset.Path) : null;
        var length = content.IsTree ? engine.Files.IdentifyTree(dataset.Path)!.Value.Bytes : new FileInfo(dataset.Path.In(engine.Root)).Length;
        if (always || bytes.Keeps(dataset, length, listing))
        {
            bytes.Keep(dataset, content.Content, listing);
        }
    }

    private void Remember(Dataset dataset, Digest content) => _memory.Remember(dataset, entry => entry with
    {
        Bringing = false,
        Content = content,
        Kept = (entry.Kept && entry.Content == content) || engine.Store.Contains(content),
    });
}

/// <summary>What <see cref="WorkspaceData.SettleAsync"/> may do.</summary>
/// <param name="FetchesNew">Whether a dataset that was never pinned is fetched from its source.</param>
/// <param name="Claimed">The dataset whose file counts whatever the lock says, because the user named it.</param>
/// <param name="TakesBack">Whether an update failed, and what nuke.json demands is not what the lock names.</param>
internal sealed record SettleOptions(bool FetchesNew = false, string? Claimed = null, bool TakesBack = false);
