using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The models whose gates compare with an environment's champion.</summary>
    private IEnumerable<(ModelDefinition Model, string Environment)> Challengers =>
        _definition.Models.Where(model => model.Manifest.Gate?.Champion is not null).Select(model => (model, model.Manifest.Gate!.Champion!.Environment));

    /// <summary>Finds out whom the gates compare with, and brings those that a remote has.</summary>
    private async Task LookUpChampionsAsync(RemoteCache? remote, CancellationToken cancellationToken)
    {
        if (!Challengers.Any())
        {
            return;
        }

        var forced = Forced().Select(step => step.Name).ToHashSet();
        LockFile[] locks = [CurrentLock, await CommittedLockAsync(cancellationToken)];
        _champions.Know(locks, step => _options.ForceAll || forced.Contains(step));
        _champions.Recall(await OlderLocksAsync(cancellationToken));
        var absent = Challengers.SelectMany(challenger => _champions.Wanted(challenger.Model.Name, challenger.Environment)).Distinct()
            .Where(model => !_engine.Store.Check(model)).Select(model => ContentRef.Of(TrainAction.Model, model)).ToList();
        if (absent.Count > 0 && remote is { IsEmpty: false })
        {
            await remote.FetchAsync(absent, cancellationToken);
        }
    }

    /// <summary>The locks that brought champions whose columns code computes, where neither the workspace's nor HEAD's has them any more: git's history tells what the code was.</summary>
    private async Task<IReadOnlyList<LockFile>> OlderLocksAsync(CancellationToken cancellationToken)
    {
        var locks = new List<LockFile>();
        foreach (var (model, environment) in Challengers.Where(challenger => challenger.Model.ComputedColumns.Count > 0))
        {
            foreach (var champion in _champions.Wanted(model.Name, environment).Distinct().Where(digest => !_champions.Trained(model.Name, digest).Any()))
            {
                // Newest first: the last one brought it.
                if (await Git.RunAsync(Root, cancellationToken, "log", $"-S{champion.Hex}", "--format=%H", "--", BuildEngine.LockName) is { } commits
                    && System.Text.Encoding.ASCII.GetString(commits).Split('\n', StringSplitOptions.RemoveEmptyEntries) is [.., var first]
                    && await ReadableAsync(first) is { } then)
                {
                    locks.Add(then);
                }
            }
        }

        return locks;

        async Task<LockFile?> ReadableAsync(string commit)
        {
            try
            {
                return await LockOfAsync(commit, cancellationToken);
            }
            catch (DiagnosticException)
            {
                // No edit of today mends what was committed then.
                return null;
            }
        }
    }

    /// <summary>The lock of HEAD, or of the commit that it was when somebody looked; empty with a warning where it cannot be read, because no edit here can change what was committed.</summary>
    private async Task<LockFile> CommittedLockAsync(CancellationToken cancellationToken, string revision = "HEAD")
    {
        try
        {
            return await LockOfAsync(revision, cancellationToken) ?? LockFile.Empty;
        }
        catch (DiagnosticException e)
        {
            _reporter.Warn(new Diagnostic("MLO2241", $"the committed {BuildEngine.LockName} cannot be read, so gates look for their champions without it")
            {
                Severity = Severity.Warning,
                Where = $"HEAD:{BuildEngine.LockName}",
                Why = e.Diagnostics[0].What,
                Mend = $"commit {BuildEngine.LockName} once this build is done",
            });
            return LockFile.Empty;
        }
    }

    /// <summary>The gates whose champion could not be had when they ran, and now can.</summary>
    private IEnumerable<Step> Decidable() =>
        Challengers.Where(challenger => _champions.CanDecide(CurrentLock, challenger.Model.Name, challenger.Environment))
            .Select(challenger => _graph.Find(StepFactory.Of(challenger.Model.Name, GateAction.Name))!);
}
