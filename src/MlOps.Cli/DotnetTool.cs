using System.Diagnostics;

namespace MlOps.Cli;

/// <summary>Runs the SDK's <c>dotnet</c> command, the one that this host was started with.</summary>
internal static class DotnetTool
{
    /// <summary>Runs it to its end and hands each line of its output (both streams) to <paramref name="line"/>, one at a time; returns its exit code.</summary>
    /// <remarks>A cancelled run kills the command with all that it started.</remarks>
    public static async Task<int> RunAsync(
        string directory, IReadOnlyList<string> arguments, Action<string> line, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        // Their messages are read by eyes and by programs: one language.
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // Nothing may outlive the command and hold its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        var gate = new Lock();
        try
        {
            await Task.WhenAll(PassOnAsync(process.StandardOutput), PassOnAsync(process.StandardError));
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode;

        async Task PassOnAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } text)
            {
                lock (gate)
                {
                    line(text);
                }
            }
        }
    }
}
