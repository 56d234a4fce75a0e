using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private readonly Lazy<LockFile?> _head;
    private VersionLedger? _ledger;

    /// <summary>What numbers packages.</summary>
    private VersionLedger Ledger => _ledger ??= new(CommittedLocks());

    private IReadOnlyList<LockFact> Versioned(LockFile draft) => draft.Owners.Any(owner => VersionLedger.PackageOf(draft, owner) is not null) ? Ledger.Conclude(draft) : [];

    /// <summary>The locks whose versions are taken: HEAD's, and that of a branch that is being merged. Outside of git nothing is ever committed, and the lock at hand counts.</summary>
    private List<LockFile> CommittedLocks()
    {
        if (GitFolder.Find(Root) is not { } git)
        {
            return [CurrentLock];
        }

        var locks = new List<LockFile>();
        foreach (var revision in git.IsMerging ? new[] { "HEAD", "MERGE_HEAD" } : ["HEAD"])
        {
            try
            {
                locks.Add((revision == "HEAD" ? _head.Value : Committed(revision)) ?? Unshown(revision));
            }
            catch (DiagnosticException) when (revision == "HEAD")
            {
                // What was committed cannot be read; the lock at hand is the best that is known, and a registry refuses a number that is taken.
                locks.Add(CurrentLock);
            }
            catch (DiagnosticException)
            {
                // The other branch's lock is no better; its numbers count when it is.
            }
        }

        return locks;
    }

    private LockFile? Committed(string revision) => Git.Show(Root, revision, BuildEngine.LockName) is { } bytes ? LockFile.Parse(bytes, $"{revision}:{BuildEngine.LockName}") : null;

    /// <summary>What counts in place of a lock that git does not show: nothing where none is committed. Where git cannot tell, numbers must not begin anew, and the lock at hand counts.</summary>
    private LockFile Unshown(string revision)
    {
        var isAnswered = Git.Run(Root, "rev-parse", "--git-dir") is not null;
        if (isAnswered && Git.Run(Root, "ls-tree", "--name-only", revision, "--", BuildEngine.LockName) is null or { Length: 0 })
        {
            return LockFile.Empty;
        }

        _reporter.Warn(new("MLO2295", $"git does not tell which versions are committed, so those of the {BuildEngine.LockName} at hand count")
        {
            Severity = Severity.Warning,
            Where = $"{revision}:{BuildEngine.LockName}",
            Why = isAnswered ? "the repository names it and does not have its bytes" : "there is a repository, and git is not installed or refuses to read it, for instance because another user owns it",
            Mend = isAnswered ? "git fetch brings what a partial clone left out" : "git status says why",
        });
        return CurrentLock;
    }
}
