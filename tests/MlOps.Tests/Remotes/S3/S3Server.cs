using System.Diagnostics;
using System.Globalization;

namespace MlOps.Tests.Remotes.S3;

/// <summary>A server that speaks S3: npm's <c>s3rver</c>, pinned beside this file, kept in <c>.artifacts</c>, on a free port of the loopback, with a bucket <c>shared</c>.</summary>
/// <remarks>It checks signatures (keys <c>S3RVER</c>, <c>S3RVER</c>) and knows ranges and uploads in parts; <c>server.cjs</c> adds the end of an upload that s3rver lacks. It does not
/// know: policies and denials by them, regions, virtual-host buckets, checksums in trailers, conditional writes, the least size of parts, TLS. <see cref="HostileServer"/> plays what it cannot.</remarks>
internal sealed class S3Server : IDisposable
{
    public const string Bucket = "shared", Key = "S3RVER";

    private static readonly NpmPackages Packages = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Remotes", "S3"), "s3-server");

    private readonly Process _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-s3-").FullName;

    public S3Server()
    {
        var start = Packages.Script("server.cjs", _folder, Bucket);
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
        // It prints its port once it listens.
        Port = int.Parse(_process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Why there is no such server on this machine, or null.</summary>
    public static string? Absent => Packages.Absent;

    public int Port { get; }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>The uploads that were begun and not ended.</summary>
    public IReadOnlyList<string> Uploads => Directory.Exists(UploadFolder) ? Directory.GetDirectories(UploadFolder) : [];

    /// <summary>The names of what is in the bucket.</summary>
    public IReadOnlyList<string> Keys => [.. Directory.GetFiles(Path.Join(_folder, Bucket), "*._S3rver_object", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Path.Join(_folder, Bucket), file)[..^"._S3rver_object".Length])];

    private string UploadFolder => Path.Join(_folder, Bucket, "._S3rver_uploads");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
