using System.Diagnostics;

namespace MlOps.Delivery.Internal;

/// <summary>Starts service processes.</summary>
internal static class ServiceLauncher
{
    /// <summary>Hands the log to the shell, then becomes the service: one process from fork to end, so its id is known from the start.</summary>
    private const string Script = "log=$1; shift; exec \"$@\" </dev/null >\"$log\" 2>&1";

    private static readonly string[] SessionStarters = ["/usr/bin/setsid", "/bin/setsid"];

    /// <summary>Starts a process that belongs to no terminal: hang-ups and Ctrl+C do not reach it, and it holds none of our streams open.</summary>
    /// <remarks><c>setsid</c> calls setsid(2) and executes in place, because a child of ours never leads a process group. Without it,
    /// <c>nohup</c> keeps the hang-up away. On Windows the process is only started without a window.</remarks>
    public static RunningProcess? StartDetached(string assembly, string config, string log, string folder)
    {
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(Host()) { CreateNoWindow = true }
            : Array.Find(SessionStarters, File.Exists) is { } setsid ? Shell(setsid, ["/bin/sh"], log)
            : Shell("nohup", ["/bin/sh"], log);
        AddService(start, assembly, config);
        start.WorkingDirectory = folder;
        using var process = Process.Start(start)!;
        return RunningProcess.Find(process.Id);
    }

    /// <summary>Starts a process on our own terminal.</summary>
    public static Process StartAttached(string assembly, string config)
    {
        var start = new ProcessStartInfo(Host());
        AddService(start, assembly, config);
        return Process.Start(start)!;
    }

    private static ProcessStartInfo Shell(string program, string[] shell, string log) =>
        new(program, [.. shell, "-c", Script, "sh", log, Host()]);

    private static void AddService(ProcessStartInfo start, string assembly, string config)
    {
        start.ArgumentList.Add(assembly);
        start.ArgumentList.Add("--config");
        start.ArgumentList.Add(config);
        start.UseShellExecute = false;
        // Container images set these for web applications of their own; the address is in the configuration. A signing key is no business of a service.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("MLOPS_SIGNING_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }
    }

    /// <summary>The dotnet that runs us, else the one that started us, else the one on the path.</summary>
    private static string Host() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root && File.Exists(Path.Combine(root, "dotnet")) ? Path.Combine(root, "dotnet")
        : "dotnet";
}
