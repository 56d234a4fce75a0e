using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>How a worker ended.</summary>
/// <param name="Code">Its exit code, or 128 + the signal that ended it; errno as a negative number if it could not be started.</param>
/// <param name="TimedOut">Whether it was ended because it took too long.</param>
/// <param name="Printed">What it wrote to its standard output and error: the first and the last part if it was much.</param>
public sealed record WorkerEnd(int Code, bool TimedOut, byte[] Printed)
{
    /// <summary>The last lines that it printed, below the line that says why; empty for nothing.</summary>
    public string LastLines => RunExecutor.Indented(Encoding.UTF8.GetString(Printed));
}

/// <summary>Runs a program with code of others in it: in a process group and a bare environment of its own, what it prints taken, ended with all that it started.</summary>
public static partial class WorkerProcess
{
    private const string Parent = "MLOPS_PARENT";
    private const int Kill = 9; // SIGKILL

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="environment">What is added to the bare environment, <c>NAME=value</c>.</param>
    /// <param name="folder">Where it starts; a folder of its own.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="report">Told the last line that it prints.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static WorkerEnd Run(IReadOnlyList<string> arguments, IEnumerable<string> environment, string folder, TimeSpan timeout, Action<string>? report, CancellationToken cancellationToken)
    {
        var log = new ProgramLog(Masking.Nothing, report);
        var end = Programs.Run(new(arguments, [.. RunEnvironment.Bare(folder), string.Create(CultureInfo.InvariantCulture, $"{Parent}={Environment.ProcessId}"), .. environment], folder) { Timeout = timeout, Sandbox = folder }, log, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return new(end.Code, end.TimedOut, log.ToBytes());
    }

    /// <summary>In a worker: ends it, and what it started, soon after whoever started it has ended, however that was.</summary>
    /// <remarks>Looked at now and then: the signal that Linux sends when a parent dies comes with the end of the parent's thread already.</remarks>
    public static void EndWithParent()
    {
        // Windows has no such parents: a worker there lives until its work or its time limit ends.
        if (OperatingSystem.IsWindows() || !int.TryParse(Environment.GetEnvironmentVariable(Parent), CultureInfo.InvariantCulture, out var parent))
        {
            return;
        }

        new Thread(() =>
        {
            while (getppid() == parent)
            {
                Thread.Sleep(500);
            }

            _ = kill(getpgrp() == Environment.ProcessId ? 0 : Environment.ProcessId, Kill);
        })
        { IsBackground = true, Name = "parent" }.Start();
    }

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial int getpgrp();

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
