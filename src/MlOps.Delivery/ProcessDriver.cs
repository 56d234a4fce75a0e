using System.Diagnostics;
using MlOps.Content;
using MlOps.Delivery.Internal;

namespace MlOps.Delivery;

/// <summary>Runs an environment's service as a background process of this machine that outlives its starter and the starter's terminal.</summary>
/// <remarks>Everything it keeps lies in <c>.mlops/run/&lt;environment&gt;</c>: state, log, configuration, and copies of the models and of the
/// service.</remarks>
/// <param name="environment">The environment, named and with its port.</param>
/// <param name="root">The workspace's folder.</param>
public sealed class ProcessDriver(EnvironmentSpec environment, string root) : IDriver
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly RunFolder _folder = new(root, environment.Name);

    /// <inheritdoc/>
    public string? StatePath => _folder.State;

    /// <inheritdoc/>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder.Path);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(_folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (watch.Elapsed < LockTimeout && File.Exists(_folder.Lock))
            {
                await Task.Delay(Tick, cancellationToken);
            }
            catch (IOException problem)
            {
                throw new DiagnosticException(new Diagnostic("MLO7003", $"environment '{environment.Name}' is being changed by another release or stop")
                {
                    Where = _folder.Lock,
                    Why = problem.Message,
                    Mend = "try again when it has ended",
                });
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ServiceStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var log = File.Exists(_folder.Log) ? _folder.Log : null;
        if (RunState.Load(_folder.State) is not { } state || !state.Process.IsAlive)
        {
            return new(ServiceState.Stopped) { LogPath = log };
        }

        var spec = state.Spec(environment);
        using var client = new ServiceClient(spec.Environment.Url, ProbeTimeout);
        return new(await client.IsReadyAsync(cancellationToken) ? ServiceState.Ready : ServiceState.NotReady)
        {
            Url = spec.Environment.Url,
            ProcessId = state.ProcessId,
            StartedAt = state.Process.StartedAt,
            Models = [.. spec.Models.OrderBy(model => model.Name, StringComparer.Ordinal)],
            Identity = Digest.Parse(state.Identity),
            LogPath = log,
            Spec = spec,
        };
    }

    /// <inheritdoc/>
    public Digest Identify(ServiceSpec spec)
    {
        ModelFiles.Check(spec);
        var service = ServiceBuild.At(spec.ServiceAssembly).Identity;
        var models = spec.Models.OrderBy(model => model.Name, StringComparer.Ordinal).Select(model => $"model {model.Name} {model.Version} {model.Digest}{(model.Code is null ? "" : $" {model.Code.Identity()}")}\n");
        return Digest.Of($"service 1\nport {spec.Environment.Port}\nbuild {service}\n{string.Concat(models)}");
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        var running = Running();
        if (running?.Port != spec.Environment.Port)
        {
            await Port.ExpectFreeAsync(spec.Environment, cancellationToken);
        }

        ModelFiles.Check(spec);
        _folder.Prune(running?.Spec(environment), Copy(spec));
    }

    /// <inheritdoc/>
    public async Task<ServiceStatus> StartAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        var identity = Identify(spec);
        await Port.ExpectFreeAsync(spec.Environment, cancellationToken);
        // Nothing is pruned here: the copies of the service that ran before are what a rollback starts from.
        var copied = Copy(spec);
        RunFolder.Publish(_folder.Config, ServiceConfigFile.Of(copied));
        if (File.Exists(_folder.Log))
        {
            File.Move(_folder.Log, _folder.PreviousLog, overwrite: true);
        }

        var process = ServiceLauncher.StartDetached(copied.ServiceAssembly, _folder.Config, _folder.Log, _folder.Path);
        if (process is null)
        {
            throw NotReady("it ended at once");
        }

        var isReady = false;
        try
        {
            RunState.Of(process, copied, identity).Save(_folder.State);
            await ReadyAsync(process, spec.Environment, cancellationToken);
            isReady = true;
        }
        finally
        {
            if (!isReady)
            {
                await EndAsync(process, CancellationToken.None);
            }
        }

        return await StatusAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        var running = Running();
        if (running is not null)
        {
            await EndAsync(running.Process, cancellationToken);
        }

        File.Delete(_folder.State);
        return running is not null;
    }

    /// <summary>Runs a service in the foreground, on this process's terminal, until it ends or is cancelled (then it finishes its requests).
    /// Keeps no state: <see cref="StatusAsync"/> does not see it.</summary>
    /// <returns>The service's exit code.</returns>
    /// <exception cref="DiagnosticException">The port is taken (MLO7001), or a file is missing or damaged.</exception>
    public async Task<int> ServeAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        Identify(spec);
        await Port.ExpectFreeAsync(spec.Environment, cancellationToken);
        var config = Path.Combine(_folder.Path, $"serve-{Environment.ProcessId}.json");
        RunFolder.Publish(config, ServiceConfigFile.Of(spec));
        try
        {
            using var service = ServiceLauncher.StartAttached(spec.ServiceAssembly, config);
            await using var ended = cancellationToken.UnsafeRegister(
                static state => _ = ((RunningProcess?)state)?.EndAsync(TimeSpan.FromSeconds(15), CancellationToken.None),
                RunningProcess.Find(service.Id));
            await service.WaitForExitAsync(CancellationToken.None);
            return service.ExitCode;
        }
        finally
        {
            File.Delete(config);
        }
    }

    private RunState? Running() => RunState.Load(_folder.State) is { } state && state.Process.IsAlive ? state : null;

    /// <summary>The same specification on the environment's own copies, which are made where they are missing.</summary>
    private ServiceSpec Copy(ServiceSpec spec)
    {
        var build = ServiceBuild.At(spec.ServiceAssembly);
        var folder = _folder.Service(build.Identity);
        var copied = spec with
        {
            Models = [.. spec.Models.Select(model => model with { Path = _folder.Model(model.Digest), Code = model.Code is null ? null : _folder.Code(model.Code), About = _folder.About(model.About) })],
            ServiceAssembly = Path.Combine(folder, Path.GetFileName(spec.ServiceAssembly)),
        };
        build.CopyTo(folder);
        ModelFiles.Copy(spec, copied);
        return copied;
    }

    private async Task ReadyAsync(RunningProcess process, EnvironmentSpec where, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(where.Url, ProbeTimeout);
        var watch = Stopwatch.StartNew();
        while (!await client.IsReadyAsync(cancellationToken))
        {
            if (!process.IsAlive)
            {
                throw NotReady("it ended");
            }

            if (watch.Elapsed > where.ReadyTimeout)
            {
                throw NotReady(FormattableString.Invariant($"it did not say within {where.ReadyTimeout.TotalSeconds} s that it is ready"));
            }

            await Task.Delay(Tick, cancellationToken);
        }
    }

    private async Task EndAsync(RunningProcess process, CancellationToken cancellationToken)
    {
        await process.EndAsync(environment.StopGrace, cancellationToken);
        File.Delete(_folder.State);
        File.Delete(_folder.Config);
    }

    private DiagnosticException NotReady(string why) => new(new Diagnostic("MLO7004", $"the service of environment '{environment.Name}' did not start")
    {
        Where = _folder.Log,
        Why = $"{why}; its last words:\n{LogTail.Of(_folder.Log)}",
    });
}
