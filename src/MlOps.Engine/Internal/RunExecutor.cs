using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Runs a program in the sandbox: no shell, a bare environment, all output kept for the case that it fails.</summary>
internal sealed class RunExecutor : IStepExecutor
{
    /// <summary>The action that it runs, and the parameter that holds program and arguments.</summary>
    public const string Action = "run";

    private const int TailLines = 20, TailBytes = 16 * 1024;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Step.Parameters[Action]!.AsArray().Select(argument => argument!.GetValue<string>()).ToArray();
        Run(context.Step.Name.Value, context.Step.Origin, arguments, context.WorkDirectory, cancellationToken);
        return [];
    }

    /// <summary>Runs a step's program in a sandbox.</summary>
    /// <exception cref="DiagnosticException">It cannot be started, or fails.</exception>
    public static void Run(string step, string? origin, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        // Beside the sandbox and overwritten by its next run: see SandboxPool for why nothing is removed here.
        var log = folder + ".log";
        var environment = Environment(folder);
        var exit = OperatingSystem.IsLinux()
            ? Spawn.Run(arguments, environment, folder, log, cancellationToken)
            : Portable(arguments, environment, folder, log, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (exit != 0)
        {
            throw Failed(step, origin, arguments, exit, log);
        }
    }

    private static string[] Environment(string home) =>
    [
        $"PATH={System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"}",
        $"HOME={home}",
        "LANG=C.UTF-8",
        "TZ=UTC",
    ];

    private static DiagnosticException Failed(string step, string? origin, string[] arguments, int exit, string log)
    {
        var command = string.Join(' ', arguments);
        return new(exit < 0
            ? new Diagnostic("MLO3011", $"step '{step}' cannot be started")
            {
                Where = origin,
                Why = $"{arguments[0]}: {Marshal.GetPInvokeErrorMessage(-exit)}",
                Mend = "install the program, or add its file to 'reads' and make it executable",
            }
            : new Diagnostic("MLO3010", $"step '{step}' failed")
            {
                Where = origin,
                Why = (exit > 128 ? $"{command} was ended by signal {exit - 128}" : $"{command} exited with {exit}") + Tail(log),
                Mend = "mend the program, or declare under 'reads' what it needs; only that is in its sandbox",
            });
    }

    private static string Tail(string log)
    {
        using var file = File.OpenHandle(log);
        var length = RandomAccess.GetLength(file);
        var bytes = new byte[Math.Min(length, TailBytes)];
        var read = RandomAccess.Read(file, bytes, length - bytes.Length);
        var lines = Encoding.UTF8.GetString(bytes, 0, read).TrimEnd().Split('\n');
        return lines is [""] ? "" : "\n           " + string.Join("\n           ", lines.TakeLast(TailLines).Select(line => line.TrimEnd('\r')));
    }

    private static int Portable(string[] arguments, string[] environment, string folder, string log, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(arguments[0], arguments[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment.Clear();
        foreach (var variable in environment)
        {
            start.Environment[variable[..variable.IndexOf('=', StringComparison.Ordinal)]] = variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..];
        }

        using var file = new StreamWriter(log);
        var output = TextWriter.Synchronized(file);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            process.OutputDataReceived += (_, line) => output.WriteLine(line.Data);
            process.ErrorDataReceived += (_, line) => output.WriteLine(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            using var registration = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            return -2;
        }
    }
}
