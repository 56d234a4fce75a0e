using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MlOps.Containers.Internal;

/// <summary>Asks a <c>docker-credential-…</c> program. https://github.com/docker/docker-credential-helpers.</summary>
internal static class CredentialHelper
{
    private const string TokenUser = "<token>";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>What the program knows of a registry, or null if it knows nothing.</summary>
    /// <param name="name">What follows <c>docker-credential-</c>.</param>
    /// <param name="server">The registry as the program's entries name it.</param>
    /// <param name="file">The file that names the program, for diagnostics.</param>
    /// <param name="cancellationToken">Ends it and the program.</param>
    public static async Task<Credential?> GetAsync(string name, string server, string file, CancellationToken cancellationToken)
    {
        if (name.AsSpan().ContainsAny("/\\"))
        {
            throw CredentialStore.Unusable(file, $"'{name}' is no name of a helper program");
        }

        var program = $"docker-credential-{name}";
        var (exit, output) = await RunAsync(program, server, file, cancellationToken);
        if (exit != 0)
        {
            return output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw CredentialStore.Unusable(file, $"{program} get ended with exit code {exit}");
        }

        return JsonText.TryRead(Encoding.UTF8.GetBytes(output), ContainersJson.Default.HelperAnswer) switch
        {
            null or { Secret: null or "" } => throw CredentialStore.Unusable(file, $"{program} get printed no credentials"),
            { UserName: TokenUser, Secret: var token } => new("", token, CredentialKind.IdentityToken),
            var answer => new(answer.UserName ?? "", answer.Secret),
        };
    }

    private static async Task<(int Exit, string Output)> RunAsync(string program, string server, string file, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, ["get"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start, file);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Longest);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await AskAsync(process, server, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            await errors;
            return (process.ExitCode, await output);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CredentialStore.Unusable(file, $"{program} get did not end within {Longest.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task AskAsync(Process process, string server, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(server.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading the question; its exit code tells why.
        }
    }

    private static Process Start(ProcessStartInfo start, string file)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw CredentialStore.Unusable(file, $"it names the helper program {start.FileName}, which is not on this machine");
        }
    }
}
