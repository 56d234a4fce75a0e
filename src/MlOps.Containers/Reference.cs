using System.Net;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>A name in a registry: <c>HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]</c>.</summary>
/// <remarks>The host always stands there; nothing is taken to be at Docker Hub.</remarks>
public sealed partial record Reference
{
    private Reference(string registry, string repository) => (Registry, Repository) = (registry, repository);

    /// <summary>The registry's host, and its port where one is written.</summary>
    public string Registry { get; }

    /// <summary>The repository: parts of lower-case letters and digits between slashes.</summary>
    public string Repository { get; }

    /// <summary>The tag, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>The digest, or null.</summary>
    public Digest? Digest { get; init; }

    /// <summary>Reads a name.</summary>
    /// <exception cref="DiagnosticException">MLO8101: it is not well formed. MLO8102: it holds a user name or password.</exception>
    public static Reference Parse(string text)
    {
        var (name, digest) = CutLast(text, '@');
        if (digest?.StartsWith(Content.Digest.Prefix, StringComparison.Ordinal) is false)
        {
            throw WithUser(digest);
        }

        if (CutLast(name, '@') is (_, { } rest))
        {
            throw WithUser(rest);
        }

        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var registry = slash < 0 ? "" : name[..slash];
        var (repository, tag) = CutLast(name[(slash + 1)..], ':');
        return !IsRegistry(registry) ? throw Malformed(text, "a registry's host stands before the first slash: registry.example.org/team/name")
            : !IsRepository(repository) ? throw Malformed(text, $"'{repository}' is no repository: lower-case letters, digits, '.', '_', '-' and '/'")
            : tag is not null && !IsTag(tag) ? throw Malformed(text, $"'{tag}' is no tag")
            : digest is null ? new(registry, repository) { Tag = tag }
            : Content.Digest.TryParse(digest, out var content) ? new(registry, repository) { Tag = tag, Digest = content }
            : throw Malformed(text, $"'{digest}' is no sha256 digest");
    }

    /// <summary>Whether a text can be a tag.</summary>
    public static bool IsTag(string text) => TagPattern().IsMatch(text);

    /// <summary>Whether a text can be a repository.</summary>
    public static bool IsRepository(string text) => RepositoryPattern().IsMatch(text) && text.Length <= 255;

    /// <summary>Whether a registry is on this machine, so that plain http is safe: 127.0.0.0/8, ::1 and localhost.</summary>
    public static bool IsLoopback(Uri uri) =>
        uri.IdnHost == "localhost" || (IPAddress.TryParse(uri.IdnHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The name as it is written.</summary>
    public override string ToString() => $"{Registry}/{Repository}{(Tag is null ? "" : $":{Tag}")}{(Digest is null ? "" : $"@{Digest}")}";

    internal static bool IsRegistry(string text) =>
        RegistryPattern().IsMatch(text) && Uri.TryCreate($"https://{text}/", UriKind.Absolute, out var uri) && uri is { UserInfo: "", AbsolutePath: "/", Port: > 0 };

    private static (string Before, string? After) CutLast(string text, char at)
    {
        var index = text.LastIndexOf(at);
        return index < 0 ? (text, null) : (text[..index], text[(index + 1)..]);
    }

    private static DiagnosticException Malformed(string text, string why) => new(new Diagnostic("MLO8101", $"'{text}' is no name in a registry")
    {
        Why = why,
        Mend = "write HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]",
    });

    // The part before '@' may be a password and is not shown.
    private static DiagnosticException WithUser(string rest) => new(new Diagnostic("MLO8102", $"the address '…@{rest}' holds a user name or a password")
    {
        Why = "addresses stand in git, where everybody reads them",
        Mend = "remove everything up to '@', change that password, and log in with: docker login, or podman login",
    });

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex RegistryPattern();
}
