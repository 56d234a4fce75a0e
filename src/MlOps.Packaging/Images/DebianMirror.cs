using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using MlOps.Content;

namespace MlOps.Packaging.Images;

/// <summary>Where the base's packages come from the first time; later from the store and its remotes, for mirrors drop versions.</summary>
/// <remarks>Whoever sends the bytes, the digest decides; so plain http is as good as https.</remarks>
public static class DebianMirror
{
    /// <summary>The variable that names another mirror; it has <c>debian/pool</c> and <c>debian-security/pool</c>.</summary>
    public const string Variable = "MLOPS_DEBIAN_MIRROR";

    /// <summary>Debian's own.</summary>
    public static Uri Default { get; } = new("http://deb.debian.org/");

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>Gets a package: from the mirror, else through apt as it is set up on this machine.</summary>
    /// <param name="package">Which one.</param>
    /// <param name="mirror">Another mirror than the variable's or the default.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Bytes that have the package's digest.</returns>
    /// <exception cref="DiagnosticException">MLO7238: nobody has it.</exception>
    public static async Task<byte[]> FetchAsync(DebianPackage package, Uri? mirror, CancellationToken cancellationToken)
    {
        var from = mirror ?? Named() ?? Default;
        var (bytes, refused) = await GetAsync(package, new Uri(from.AbsoluteUri.TrimEnd('/') + "/" + package.Path), cancellationToken);
        if (bytes is null)
        {
            (bytes, var alsoRefused) = await AptAsync(package, cancellationToken);
            refused = $"{refused}; {alsoRefused}";
        }

        return bytes ?? throw new DiagnosticException(new Diagnostic("MLO7238", $"package '{package.Name}' {package.Version} of the base cannot be had")
        {
            Where = package.Path,
            Why = refused,
            Mend = $"bring its bytes ({package.Digest}) from a remote that has them, name a mirror that keeps old versions ({Variable}=https://…), or take newer packages: build/debian-base.sh",
        });
    }

    private static Uri? Named() => Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new DiagnosticException(new Diagnostic("MLO7239", $"{Variable} '{text}' is no http(s) URL") { Mend = $"set it to one, such as {Default}, or unset it" });

    private static async Task<(byte[]? Bytes, string Refused)> GetAsync(DebianPackage package, Uri url, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            using var http = new HttpClient { MaxResponseContentBufferSize = package.Size };
            using var response = await http.GetAsync(url, patience.Token);
            return response.StatusCode == HttpStatusCode.OK ? Checked(package, await response.Content.ReadAsByteArrayAsync(patience.Token), url.Host)
                : (null, $"{url.GetLeftPart(UriPartial.Authority)} answers {(int)response.StatusCode}");
        }
        catch (HttpRequestException failed)
        {
            return (null, $"{url.GetLeftPart(UriPartial.Authority)}: {failed.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"{url.GetLeftPart(UriPartial.Authority)} does not answer in time");
        }
    }

    private static async Task<(byte[]? Bytes, string Refused)> AptAsync(DebianPackage package, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-apt-").FullName;
        try
        {
            using var apt = Process.Start(new ProcessStartInfo("apt-get", ["download", "-q", $"{package.Name}={package.Version}"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                Environment = { ["LC_ALL"] = "C" },
            })!;
            try
            {
                apt.StandardInput.Close();
                var errors = apt.StandardError.ReadToEndAsync(cancellationToken);
                await apt.StandardOutput.ReadToEndAsync(cancellationToken);
                await apt.WaitForExitAsync(cancellationToken);
                return Directory.EnumerateFiles(folder, "*.deb").FirstOrDefault() is { } file ? Checked(package, await File.ReadAllBytesAsync(file, cancellationToken), "apt")
                    : (null, $"apt-get: {(await errors).Split('\n').FirstOrDefault(line => line.StartsWith("E:", StringComparison.Ordinal)) ?? "no file"}");
            }
            finally
            {
                if (!apt.HasExited)
                {
                    apt.Kill(entireProcessTree: true);
                }
            }
        }
        catch (Win32Exception)
        {
            return (null, "there is no apt on this machine");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (byte[]? Bytes, string Refused) Checked(DebianPackage package, byte[] bytes, string from) =>
        Digest.Of(bytes) is var actual && actual == package.Digest ? (bytes, "") : (null, $"{from} has other bytes, {actual}");
}
