using System.Net;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Where an S3 remote is: a bucket, a prefix in it, and the service that has it.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Prefix">Empty, or segments that end with <c>/</c>.</param>
/// <param name="Endpoint">The service; null means Amazon's.</param>
/// <param name="Region">As declared; null leaves it to the usual variables and files.</param>
internal sealed partial record S3Address(string Bucket, string Prefix, Uri? Endpoint, string? Region)
{
    public const string Scheme = "s3://";

    /// <summary>As the user declared it; it holds no credentials, because such addresses are refused.</summary>
    public string Text => $"{Scheme}{Bucket}{(Prefix.Length == 0 ? "" : "/" + Prefix.TrimEnd('/'))}";

    /// <summary>The name of an object or a record in the bucket.</summary>
    /// <param name="kind"><c>objects</c> or <c>records</c>.</param>
    /// <param name="digest">Its digest or key.</param>
    public string KeyOf(string kind, Digest digest) => $"{Prefix}{kind}/{digest.Hex[..2]}/{digest.Hex[2..]}";

    /// <summary>Reads a declared remote.</summary>
    /// <exception cref="DiagnosticException">MLO8230: it is not well formed, or its endpoint would carry signed requests in the clear.</exception>
    public static S3Address Parse(RemoteSpec spec)
    {
        var rest = spec.Address[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        var prefix = slash < 0 ? "" : rest[(slash + 1)..].Trim('/');
        if (rest.Contains('@', StringComparison.Ordinal))
        {
            throw Wrong("credentials do not belong into an address", "remove what stands before '@'; credentials come from the environment or ~/.aws");
        }

        if (!BucketName().IsMatch(bucket))
        {
            throw Wrong($"'{bucket}' is no name of a bucket", "write s3://BUCKET/PREFIX; a bucket has 3 to 63 lower-case letters, digits, dots and hyphens");
        }

        if (!PrefixName().IsMatch(prefix) || prefix.Split('/').Any(segment => segment is "." or ".."))
        {
            throw Wrong($"'{prefix}' is no prefix", "use letters, digits and . _ - between slashes");
        }

        return new(bucket, prefix.Length == 0 ? "" : prefix + "/", spec.Endpoint is null ? null : ParseEndpoint(spec.Endpoint), spec.Region);
    }

    private static Uri ParseEndpoint(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw Wrong("\"endpoint\" is no address of a service", "write https://HOST or https://HOST:PORT");
        }

        if (endpoint.UserInfo.Length > 0 || endpoint.PathAndQuery != "/" || endpoint.Fragment.Length > 0)
        {
            throw Wrong("\"endpoint\" has more than a host and a port", "write https://HOST or https://HOST:PORT; credentials come from the environment or ~/.aws");
        }

        var isHere = endpoint.Host == "localhost" || (IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
        return endpoint.Scheme == "https" || isHere ? endpoint
            : throw Wrong($"http to {endpoint.Host} would show what is stored to everybody on the way", "use https; http is for this machine's own addresses");
    }

    // Never the address itself: it may hold what should not be shown.
    private static DiagnosticException Wrong(string why, string mend) => new(new Diagnostic("MLO8230", "the declaration of an S3 remote is wrong")
    {
        Where = "nuke.json: \"store\"",
        Why = why,
        Mend = mend,
    });

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex BucketName();

    [GeneratedRegex(@"^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?\z")]
    private static partial Regex PrefixName();
}
