using System.Diagnostics;
using System.Globalization;
using MlOps.Content;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Remotes;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The remotes that nuke.json declares, in front of the store; nothing is asked before the first use.</summary>
    /// <param name="warn">Told of what a build can do without; null makes a remote's failure the command's.</param>
    /// <exception cref="DiagnosticException">An address is of no known kind.</exception>
    private RemoteCache OpenRemotes(Action<Diagnostic>? warn) => OpenRemotes(warn, _definition.Manifest.Store?.Remotes ?? [], null);

    /// <summary>One remote, whose failure is the command's.</summary>
    private RemoteCache OpenRemotes(RemoteManifest remote, Action<TransferState> progress) => OpenRemotes(null, [remote], progress);

    private RemoteCache OpenRemotes(Action<Diagnostic>? warn, IReadOnlyList<RemoteManifest> remotes, Action<TransferState>? progress)
    {
        var clock = Stopwatch.StartNew();
        return new(_engine.Store, [.. remotes.Select(Open)], warn, state =>
        {
            progress?.Invoke(state);
            _reporter.Live(Transferred(state, clock.Elapsed));
        });
    }

    /// <summary>The declared remotes, or the one asked for.</summary>
    /// <exception cref="DiagnosticException">MLO2098: there is none.</exception>
    private IReadOnlyList<RemoteManifest> Remotes(string? asked)
    {
        var declared = _definition.Manifest.Store?.Remotes ?? [];
        return asked is not null ? [declared.FirstOrDefault(remote => remote.Url == asked) ?? new() { Url = asked }]
            : declared.Count > 0 ? declared
            : throw new DiagnosticException(new Diagnostic("MLO2098", "there is no remote")
            {
                Where = WorkspaceDefinition.FileName,
                Why = "\"store\" declares none, and none was named",
                Mend = "declare one: \"store\": { \"remotes\": [\"/mnt/share/mlops\"] }, or name one: --remote URL; to publish packages and images, declare \"registry\": \"registry.example.org/team\"",
            });
    }

    private RemoteLink Open(RemoteManifest remote)
    {
        try
        {
#pragma warning disable CA2000 // The cache that gets it disposes of it.
            return new(MlOps.Remotes.Remotes.Open(new(remote.Url) { Endpoint = remote.Endpoint, Region = remote.Region }, Root)) { IsTrusted = remote.Trust, PushesAtOnce = remote.Push };
#pragma warning restore CA2000
        }
        catch (DiagnosticException failure)
        {
            throw new DiagnosticException([.. failure.Diagnostics.Select(diagnostic => diagnostic with { Where = diagnostic.Where ?? _definition.At("store", "remotes") })]);
        }
    }

    private static string Transferred(TransferState state, TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{state.Objects} of {state.OfObjects} objects, {state.Bytes / 1e6:0.0} MB, {state.Bytes / 1e6 / Math.Max(elapsed.TotalSeconds, 0.001):0.0} MB/s");
}
