using System.ComponentModel;
using System.Diagnostics;

namespace MlOps.Engine.Internal;

/// <summary>A program to start.</summary>
/// <param name="Arguments">The program and its arguments.</param>
/// <param name="Environment">Its whole environment, <c>NAME=value</c>; HOME tells its descendants from those of others.</param>
/// <param name="Folder">Where it starts.</param>
internal sealed record ProgramStart(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, string Folder)
{
    public TimeSpan? Timeout { get; init; }

    /// <summary>Who watches what it opens, or null. Linux only.</summary>
    public ReadWatch? Watch { get; init; }

    /// <summary>The folder that only this step's programs work in; what is found at home there is ended with them.</summary>
    public string? Sandbox { get; init; }
}

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit code, or 128 + the signal that ended it; errno as a negative number if it could not be started.</param>
/// <param name="TimedOut">Whether it was ended because it took too long.</param>
internal readonly record struct ProgramEnd(int Code, bool TimedOut);

/// <summary>Runs programs to their end with all that they started.</summary>
internal static class Programs
{
    public static ProgramEnd Run(ProgramStart start, ProgramLog log, CancellationToken cancellationToken) =>
        OperatingSystem.IsLinux() ? Spawn.Run(start, log, cancellationToken) : Portable(start, log, cancellationToken);

    private static ProgramEnd Portable(ProgramStart start, ProgramLog log, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(start.Arguments[0], start.Arguments.Skip(1))
        {
            WorkingDirectory = start.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        info.Environment.Clear();
        foreach (var variable in start.Environment)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            info.Environment[variable[..equals]] = variable[(equals + 1)..];
        }

        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            process.OutputDataReceived += (_, line) => Line(line.Data);
            process.ErrorDataReceived += (_, line) => Line(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            using var registration = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
            var timedOut = !process.WaitForExit(start.Timeout ?? Timeout.InfiniteTimeSpan);
            if (timedOut)
            {
                process.Kill(entireProcessTree: true);
            }

            process.WaitForExit();
            return new(process.ExitCode, timedOut);
        }
        catch (Win32Exception)
        {
            return new(-2, TimedOut: false);
        }

        void Line(string? line)
        {
            lock (log)
            {
                log.Add(System.Text.Encoding.UTF8.GetBytes(line is null ? "" : line + "\n"));
            }
        }
    }
}
