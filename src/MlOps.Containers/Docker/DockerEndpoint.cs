using System.Globalization;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>Where a Docker Engine listens: a socket of this machine, or a host and port.</summary>
/// <remarks>Plain http is for this machine only; elsewhere both sides show certificates. https://docs.docker.com/engine/security/protect-access/.</remarks>
public sealed record DockerEndpoint
{
    private const string DefaultSocket = "/var/run/docker.sock";

    // sockaddr_un has room for 108 bytes, the last of which is zero.
    private const int LongestSocket = 107;

    private DockerEndpoint(string text) => Text = text;

    /// <summary>The socket of an engine of this machine, or null.</summary>
    public string? Socket { get; private init; }

    /// <summary>Where http goes to; behind a socket the host means nothing.</summary>
    public Uri Root { get; private init; } = new("http://docker/");

    /// <summary>The folder of <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>; null without encryption.</summary>
    public string? Certificates { get; private init; }

    private string Text { get; }

    /// <summary>What <c>DOCKER_HOST</c>, <c>DOCKER_TLS_VERIFY</c> and <c>DOCKER_CERT_PATH</c> say; default <c>unix:///var/run/docker.sock</c>.</summary>
    /// <exception cref="DiagnosticException">MLO8140: it cannot be used.</exception>
    public static DockerEndpoint FromEnvironment()
    {
        var folder = Of("DOCKER_CERT_PATH") ?? Of("DOCKER_CONFIG") ?? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        return Parse(Of("DOCKER_HOST") ?? $"unix://{DefaultSocket}", Of("DOCKER_TLS_VERIFY") is null ? null : folder);

        static string? Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text"><c>unix://PATH</c> or <c>tcp://HOST:PORT</c>.</param>
    /// <param name="certificates">For <c>tcp</c>: the folder of <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>; null for no encryption, on this machine only.</param>
    /// <exception cref="DiagnosticException">MLO8140: it cannot be used.</exception>
    public static DockerEndpoint Parse(string text, string? certificates = null)
    {
        if (text.StartsWith("unix://", StringComparison.Ordinal))
        {
            var path = text["unix://".Length..];
            return !Path.IsPathRooted(path) ? throw Unusable(text, "a socket's path starts with '/'")
                : System.Text.Encoding.UTF8.GetByteCount(path) > LongestSocket ? throw Unusable(text, string.Create(CultureInfo.InvariantCulture, $"a socket's path has at most {LongestSocket} bytes"))
                : new(text) { Socket = path };
        }

        if (!text.StartsWith("tcp://", StringComparison.Ordinal))
        {
            var colon = text.IndexOf("://", StringComparison.Ordinal);
            throw Unusable(colon < 0 ? "" : text, colon < 0 ? "it names no protocol" : $"engines are reached by unix:// or tcp://, not by {text[..colon]}://");
        }

        if (!Uri.TryCreate((certificates is null ? "http://" : "https://") + text["tcp://".Length..], UriKind.Absolute, out var root) || root is not { UserInfo: "", PathAndQuery: "/", Fragment: "" } || root.IsDefaultPort)
        {
            throw Unusable("", "it is not of the form tcp://HOST:PORT");
        }

        return certificates is null && !Reference.IsLoopback(root)
            ? throw new DiagnosticException(new Diagnostic("MLO8140", $"the engine at {text} would be reached without encryption")
            {
                Where = "DOCKER_HOST",
                Why = "whoever talks to an engine is root there; plain http is for this machine only",
                Mend = "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem",
            })
            : new(text) { Root = root, Certificates = certificates };
    }

    /// <summary>The address as it was written.</summary>
    public override string ToString() => Text;

    // A text that is no address may hold anything, and is not shown.
    private static DiagnosticException Unusable(string shown, string why) => new(new Diagnostic("MLO8140", shown.Length == 0 ? "the engine's address cannot be used" : $"the engine's address '{shown}' cannot be used")
    {
        Where = "DOCKER_HOST",
        Why = why,
        Mend = "write unix:///var/run/docker.sock or tcp://HOST:PORT; an engine behind ssh: ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST, then unix:///tmp/docker.sock",
    });
}
