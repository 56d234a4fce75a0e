using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Delivery;
using MlOps.Engine;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Checks what the other targets stand on, one line each, and how to mend what is wrong; exit 1 if anything is.</summary>
    public static async Task<Outcome> DoctorAsync(WorkspaceOptions options, CancellationToken cancellationToken)
    {
        var checks = new List<(string Name, bool Good, string Detail)>
        {
            ("runtime", true, $".NET {Environment.Version} on {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors"),
        };
        var git = await Git.RunAsync(Directory.GetCurrentDirectory(), cancellationToken, "--version");
        checks.Add(("git", git is not null, git is null ? "not found: Explain compares with commits; install git" : Encoding.UTF8.GetString(git).Trim()));
        Workspace? workspace = null;
        Try("workspace", () =>
        {
            workspace = Open(options, Silent.Reporter);
            return $"{workspace.Root}: {workspace._definition.Manifest.Data.Count} datasets, {workspace._definition.Models.Count} models, {workspace._graph.Steps.Count} steps";
        });
        if (workspace is not null)
        {
            Try("lock", () => $"{LockFile.Read(workspace._engine.LockPath).Addresses.Count()} steps pinned");
            Try("store", () => WriteAndRead(workspace._engine.Store));
            Try("disk", () => Space(workspace.Root));
            foreach (var name in workspace._definition.Manifest.Environments.Keys)
            {
                var status = await workspace.Driver(name, out var spec).StatusAsync(cancellationToken);
                var free = status.State != ServiceState.Stopped || IsFree(spec.Port);
                checks.Add(($"environment {name}", free, status.State != ServiceState.Stopped ? $"runs at {spec.Url}"
                    : free ? $"port {spec.Port} is free" : $"port {spec.Port} is taken by another program: end it, or change nuke.json"));
            }
        }

        var table = new TextTable("check", "state", "detail");
        foreach (var (name, good, detail) in checks)
        {
            table.Add(name, good ? "good" : "BAD", detail);
        }

        return new(checks.All(check => check.Good) ? ExitCode.Done : ExitCode.Failed, table.ToString(), new JsonArray([.. checks.Select(check =>
            (JsonNode)new JsonObject { ["check"] = check.Name, ["good"] = check.Good, ["detail"] = check.Detail })]));

        void Try(string name, Func<string> check)
        {
            try
            {
                checks.Add((name, true, check()));
            }
            catch (DiagnosticException failure)
            {
                checks.Add((name, false, failure.Message.Replace("\n", "\n    ", StringComparison.Ordinal)));
            }
            catch (Exception failure) when (IoFailure.Covers(failure))
            {
                checks.Add((name, false, IoFailure.Describe(failure, workspace?.Root).ToString().Replace("\n", "\n    ", StringComparison.Ordinal)));
            }
        }
    }

    private static string WriteAndRead(ContentStore store)
    {
        var probe = "a probe of the store"u8;
        var identity = store.Put(probe);
        return store.TryRead(identity.Sha256) is { } read && probe.SequenceEqual(read) ? $"{store.Root} can be written and read"
            : throw new DiagnosticException(new Diagnostic("MLO2080", "the store does not give back what was put into it") { Where = store.Root, Mend = "check the disk; remove the store and train again" });
    }

    private static string Space(string root)
    {
        var free = string.Create(CultureInfo.InvariantCulture, $"{new DriveInfo(root).AvailableFreeSpace / 1e9:0.#} GB free");
        return new DriveInfo(root).AvailableFreeSpace > 1_000_000_000 ? free
            : throw new DiagnosticException(new Diagnostic("MLO2081", "the disk is nearly full") { Why = free, Mend = "make room: a build needs about three times the data" });
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class Silent : IReporter
    {
        public static readonly Silent Reporter = new();

        public void Warn(Diagnostic diagnostic)
        {
        }

        public void Note(string line)
        {
        }

        public void Finished(string line)
        {
        }

        public void Live(string line)
        {
        }
    }
}
