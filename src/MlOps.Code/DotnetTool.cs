using System.ComponentModel;
using System.Diagnostics;
using MlOps.Content;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Code;

/// <summary>Runs the SDK's <c>dotnet</c> command, that of the runtime that this process runs on.</summary>
public static class DotnetTool
{
    // Their messages are read by eyes and by programs: one language. Nothing may outlive the command and hold its output open.
    private static readonly (string Name, string Value)[] s_quiet = [("DOTNET_NOLOGO", "1"), ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_CLI_UI_LANGUAGE", "en"), ("MSBUILDDISABLENODEREUSE", "1")];

    /// <summary>Runs it to its end; a cancelled run kills it with all that it started.</summary>
    /// <param name="directory">Where it runs.</param>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="line">Told each line of its output, both streams, one at a time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="environment">Variables besides those of this process, or in their place.</param>
    /// <param name="inherits">Which of this process's variables it sees; null for all. MSBuild makes properties of them.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="DiagnosticException">MLO8304: it does not start.</exception>
    public static async Task<int> RunAsync(
        string directory, IReadOnlyList<string> arguments, Action<string> line, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null, Func<string, bool>? inherits = null)
    {
        var start = new ProcessStartInfo(CSharpCompiler.DotNet, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => inherits?.Invoke(name) == false).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in s_quiet.Concat((environment ?? new Dictionary<string, string>()).Select(pair => (pair.Key, pair.Value))))
        {
            start.Environment[name] = value;
        }

        using var process = Started(start);
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

    private static Process Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new DiagnosticException(new Diagnostic("MLO8304", "dotnet does not start")
            {
                Where = start.FileName,
                Why = missing.Message,
                Mend = "install the .NET SDK that global.json names (https://dotnet.microsoft.com/download)",
            });
        }
    }
}
