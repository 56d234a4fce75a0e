using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using MlOps.Content;

namespace MlOps.Tests.Remotes.S3;

/// <summary>A server that speaks S3: npm's <c>s3rver</c>, pinned beside this file, kept in <c>.artifacts</c>, on a free port of the loopback, with a bucket <c>shared</c>.</summary>
/// <remarks>It checks signatures (keys <c>S3RVER</c>, <c>S3RVER</c>) and knows ranges and uploads in parts; <c>server.cjs</c> adds the end of an upload that s3rver lacks. It does not
/// know: policies and denials by them, regions, virtual-host buckets, checksums in trailers, conditional writes, the least size of parts, TLS. <see cref="HostileServer"/> plays what it cannot.</remarks>
internal sealed class S3Server : IDisposable
{
    public const string Bucket = "shared", Key = "S3RVER";

    private static readonly Lazy<(string? Modules, string Reason)> Installation = new(Install);

    private readonly Process _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-s3-").FullName;

    public S3Server()
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Source, "server.cjs"), _folder, Bucket]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["NODE_PATH"] = Installation.Value.Modules ?? throw new InvalidOperationException(Installation.Value.Reason);
        _process = Process.Start(start)!;
        // It prints its port once it listens.
        Port = int.Parse(_process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Why there is no such server on this machine, or null.</summary>
    public static string? Absent => Installation.Value.Modules is null ? Installation.Value.Reason : null;

    public int Port { get; }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>The uploads that were begun and not ended.</summary>
    public IReadOnlyList<string> Uploads => Directory.Exists(UploadFolder) ? Directory.GetDirectories(UploadFolder) : [];

    /// <summary>The names of what is in the bucket.</summary>
    public IReadOnlyList<string> Keys => [.. Directory.GetFiles(Path.Join(_folder, Bucket), "*._S3rver_object", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Path.Join(_folder, Bucket), file)[..^"._S3rver_object".Length])];

    private string UploadFolder => Path.Join(_folder, Bucket, "._S3rver_uploads");

    private static string Source => Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Remotes", "S3");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Installed aside and moved into place: two test processes may do so at once.
    private static (string? Modules, string Reason) Install()
    {
        var pins = File.ReadAllBytes(Path.Combine(Source, "package-lock.json"));
        var artifacts = Directory.CreateDirectory(Path.Combine(RepositoryFolder.Root, ".artifacts", "s3-server")).FullName;
        var home = Path.Combine(artifacts, Digest.Of(pins).Hex[..16]);
        var modules = Path.Combine(home, "node_modules");
        try
        {
            if (Directory.Exists(modules))
            {
                return (modules, "");
            }

            var aside = Directory.CreateDirectory(Path.Combine(artifacts, $"install-{Environment.ProcessId}")).FullName;
            File.Copy(Path.Combine(Source, "package.json"), Path.Combine(aside, "package.json"), overwrite: true);
            File.WriteAllBytes(Path.Combine(aside, "package-lock.json"), pins);
            var (exit, error) = Npm(aside);
            if (exit == 0 && !Directory.Exists(home))
            {
                Directory.Move(aside, home);
            }
            else
            {
                Directory.Delete(aside, recursive: true);
            }

            return exit == 0 ? (modules, "") : (null, $"npm ci failed: {error}");
        }
        catch (IOException) when (Directory.Exists(modules))
        {
            return (modules, "");
        }
        catch (Win32Exception)
        {
            return (null, "node or npm is not installed");
        }
    }

    private static (int Exit, string Error) Npm(string folder)
    {
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        npm.OutputDataReceived += (_, _) => { };
        npm.BeginOutputReadLine();
        var error = npm.StandardError.ReadToEnd();
        npm.WaitForExit();
        return (npm.ExitCode, error.Trim());
    }
}
