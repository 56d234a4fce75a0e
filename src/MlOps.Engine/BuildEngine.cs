using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>Brings the results of steps up to date in one workspace: planner, scheduler and store in one.</summary>
/// <remarks>It keeps everything under <c>.mlops</c> and writes <c>data.lock.json</c>, nothing else. Two engines, also of two processes, may build at once: one waits.
/// IO failures surface as <see cref="DiagnosticException"/>.</remarks>
public sealed class BuildEngine
{
    /// <summary>The name of the lock in the workspace's root.</summary>
    public const string LockName = "data.lock.json";

    private readonly StepRunner _runner;

    /// <summary>Creates the engine of a workspace; touches no file.</summary>
    /// <param name="root">The workspace's absolute path.</param>
    /// <param name="executors">Who runs which action; <c>run</c> is built in.</param>
    /// <param name="rehash">Whether every input is read again, whatever its stat says.</param>
    public BuildEngine(string root, IReadOnlyDictionary<string, IStepExecutor> executors, bool rehash = false)
    {
        Root = root;
        Store = new(Path.Join(root, ".mlops", "store"));
        Files = new(root, Path.Join(root, ".mlops", "index"), rehash);
        _runner = new(root, Store, Files, new Dictionary<string, IStepExecutor>(executors) { [RunExecutor.Action] = new RunExecutor(root) });
    }

    /// <summary>The workspace's absolute path.</summary>
    public string Root { get; }

    /// <summary>The results.</summary>
    public ContentStore Store { get; }

    /// <summary>The digests of the workspace's files.</summary>
    public StatIndex Files { get; }

    /// <summary>Where the lock lies.</summary>
    public string LockPath => Path.Join(Root, LockName);

    /// <summary>Says what a build would do; runs nothing and writes at most the index of stats.</summary>
    /// <exception cref="DiagnosticException">Missing input files or an unreadable lock.</exception>
    public BuildPlan Plan(StepGraph graph, BuildOptions? options = null) => Guarded(() =>
    {
        var build = new Build(this, _runner, graph, options ?? new());
        Files.Save();
        return build.ToPlan();
    });

    /// <summary>As <see cref="Plan"/>, but results that a remote says it has count as ones to restore. Remotes are asked for what the lock names only, and nothing is fetched.</summary>
    /// <inheritdoc cref="Plan"/>
    public async Task<BuildPlan> PlanAsync(StepGraph graph, BuildOptions options, CancellationToken cancellationToken = default)
    {
        try
        {
            var build = new Build(this, _runner, graph, options);
            Files.Save();
            return (options.Remote is { IsEmpty: false } remote ? await build.SightedAsync(remote, cancellationToken) : build).ToPlan();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, Root));
        }
    }

    /// <summary>Builds what is stale. Failed steps are in the result, not thrown; then the lock stays as it was, and what succeeded is restored by the next build.</summary>
    /// <exception cref="DiagnosticException">Missing input files, an unreadable lock, a workspace that cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for another build; later the result says so.</exception>
    public async Task<BuildResult> BuildAsync(StepGraph graph, BuildOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        options.Mirror?.Begin();
        try
        {
            var build = new Build(this, _runner, graph, options);
            if (build.NothingToDo() is { } answer)
            {
                options.Approve?.Invoke(build.ToPlan());
                Files.Save();
                return answer;
            }

            using var hold = await WorkspaceHold.AcquireAsync(Root, () => options.Progress?.Invoke(new BuildEvent.Waiting()), cancellationToken);
            _runner.Sandboxes.Sweep();
            try
            {
                build = build.Renewed();
                if (options.Remote is { IsEmpty: false } remote)
                {
                    build = (await build.FetchedAsync(remote, cancellationToken)).Renewed();
                }

                options.Approve?.Invoke(build.ToPlan());
                return await build.RunAsync(cancellationToken);
            }
            finally
            {
                _runner.Sandboxes.Sweep();
                Files.Save();
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, Root));
        }
    }

    /// <summary>Keeps what a <see cref="QuickBuild"/> needs beside a remembered answer. Gives up silently where it may not write: it only saves time.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="result">A build of all its steps that succeeded.</param>
    /// <param name="place">Where <see cref="BuildMirror.Save"/> said that there is room for it.</param>
    /// <param name="tail">What stands below the table of every build until the declarations change; empty for none.</param>
    public void SaveImage(StepGraph graph, BuildResult result, RememberedPlace place, string tail)
    {
        try
        {
            if (ImageWriter.Image(Root, graph, result.Lock, place, tail) is { } image)
            {
                AtomicFile.Write(place.Path, image);
            }
            else
            {
                File.Delete(place.Path);
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
        }
    }

    /// <summary>Keeps other builds out of the workspace until the answer is disposed of: for those who change its files.</summary>
    /// <param name="waiting">Called once if another build holds it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="DiagnosticException">The workspace cannot be written.</exception>
    public async Task<IDisposable> HoldAsync(Action waiting, CancellationToken cancellationToken)
    {
        try
        {
            return await WorkspaceHold.AcquireAsync(Root, waiting, cancellationToken);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, Root));
        }
    }

    /// <summary>Every file and directory of the workspace that a step depends on: its inputs, what its patterns match, what pins its toolchain.</summary>
    /// <exception cref="DiagnosticException">A pattern matches nothing (MLO3040).</exception>
    public IReadOnlyList<WorkspacePath> FilesOf(Step step) => new WorkspaceView(Root, Files, Probes, mirror: null).FilesOf(step);

    /// <summary>Which software there is; each program is asked once.</summary>
    internal ToolProbes Probes { get; } = new();

    /// <summary>Copies a file or directory to <c>.mlops/out/PATH</c> if something else is there; false if the store does not have it whole.</summary>
    public bool CheckOut(ContentRef content, WorkspacePath path) =>
        IsCheckedOut(content, path) || new Checkout(Root, Store).TryPlace(content, path);

    internal bool IsCheckedOut(ContentRef content, WorkspacePath path)
    {
        var place = Checkout.Place(path);
        // An empty directory has the digest of an empty file.
        return Files.DigestOf(place) == content.Content && content.IsTree == Directory.Exists(place.In(Root));
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e, Root));
        }
    }
}
