using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;
using MlOps.Pipelines.Stores;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>How old what a killed command left must be, so that nobody is still writing it.</summary>
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);

    /// <summary>Removes what nobody needs from the store: keeps all that a branch, tag, stash, worktree or the working tree's lock names, and the results of the last days.</summary>
    /// <param name="days">Results as young as this many days stay, whoever names them.</param>
    /// <param name="pulled">Whether pulled packages go that no lock needs.</param>
    /// <param name="dryRun">Only says what would be removed.</param>
    /// <param name="cancellationToken">Ends it; what is gone is gone, the rest stays.</param>
    public async Task<Outcome> GcAsync(int days, bool pulled, bool dryRun, CancellationToken cancellationToken)
    {
        // No build may publish meanwhile what was found to be needed by nobody.
        using var hold = dryRun ? null : await _engine.HoldAsync(() => _reporter.Note("waiting for a build of this workspace"), cancellationToken);
        var locks = await PinnedLocks.ReadAsync(Root, cancellationToken);
        var unreadable = locks.Where(pinned => !IsReadable(pinned)).ToList();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var needed = locks.SelectMany(pinned => StoreSweep.DigestsIn(pinned.Bytes)).Concat(_definition.Models.SelectMany(model => _champions.AllNamed(model.Name))).Concat(Numbered(locks.Except(unreadable))).ToHashSet();
        var shelf = new ShelfSweep(Shelf, _engine.Store, needed, pulled && unreadable.Count == 0);
        var sweep = await Task.Run(() => new StoreSweep(_engine.Store, needed.Concat(shelf.Objects()), now - TimeSpan.FromDays(days), now - Leftover, shelf.Attached()), cancellationToken);
        // A newer product may name its objects in a way that is unknown here.
        var unneeded = unreadable.Count == 0 ? sweep.Unneeded : [.. sweep.Unneeded.Where(file => file.Kind is not (StoredKind.Object or StoredKind.Record))];
        IReadOnlyList<Descriptor> orphans = unreadable.Count == 0 ? shelf.Orphans(sweep) : [];
        var report = new GcReport(sweep.Files, unneeded, locks.Count, dryRun) { Packages = shelf.Dropped, Attestations = orphans.Count };
        if (!dryRun)
        {
            _reporter.Note(report.Announcement());
            // Before the bytes: what is listed is here.
            if (shelf.Dropped.Count + orphans.Count > 0)
            {
                Shelf.Replace(shelf.Dropped.Concat(orphans).Select(one => one.Digest).ToHashSet(), []);
            }

            foreach (var file in unneeded)
            {
                cancellationToken.ThrowIfCancellationRequested();
                File.Delete(file.Path);
            }
        }

        return new(ExitCode.Done, report.Text(), report.Json());
    }

    /// <summary>What the versions consist of that locks number.</summary>
    private IEnumerable<Digest> Numbered(IEnumerable<PinnedLock> locks) => locks.Select(pinned => LockFile.Parse(pinned.Bytes, pinned.Where))
        .SelectMany(pinned => pinned.Owners.SelectMany(owner => VersionLedger.Of(pinned, owner).Values)).Distinct().SelectMany(package => PackageShelf.ObjectsOf(_engine.Store, package));

    private bool IsReadable(PinnedLock pinned)
    {
        try
        {
            LockFile.Parse(pinned.Bytes, pinned.Where);
            return true;
        }
        catch (DiagnosticException failure)
        {
            // What looks like a digest in it is kept all the same; only what a newer format or a torn text may hide is in danger.
            foreach (var diagnostic in failure.Diagnostics)
            {
                _reporter.Warn(new("MLO2141", "a lock cannot be read, so no object and no record is removed")
                {
                    Severity = Severity.Warning,
                    Where = diagnostic.Where,
                    Why = diagnostic.What,
                    Mend = "mend or remove the branch, tag or stash that has it, then run Gc again",
                });
            }

            return false;
        }
    }
}
