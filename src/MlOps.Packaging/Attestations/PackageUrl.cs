namespace MlOps.Packaging;

/// <summary>The name of a software package anywhere: <c>pkg:deb/debian/libc6@2.36-9?arch=amd64</c>.</summary>
/// <remarks>https://github.com/package-url/purl-spec.</remarks>
/// <param name="Type">The kind of package: <c>deb</c>, <c>nuget</c>, <c>pypi</c>; <c>generic</c> for what has no registry.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Version">Its version.</param>
public sealed record PackageUrl(string Type, string Name, string Version)
{
    private const string Scheme = "pkg:";

    /// <summary>What stands before the name: <c>debian</c>.</summary>
    public string? Namespace { get; init; }

    /// <summary>The processor that it is for: <c>amd64</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>A NuGet package.</summary>
    public static PackageUrl NuGet(string name, string version) => new("nuget", name, version);

    /// <summary>A Debian package.</summary>
    public static PackageUrl Debian(string name, string version, string architecture) => new("deb", name, version) { Namespace = "debian", Architecture = architecture };

    /// <summary>Reads one as it is written here; null if the text is anything else.</summary>
    public static PackageUrl? TryParse(string? text)
    {
        var (path, query) = Cut(text ?? "", '?');
        var (name, version) = Cut(path, '@');
        return text?.StartsWith(Scheme, StringComparison.Ordinal) is true && version is { Length: > 0 } && (query is null || query.StartsWith("arch=", StringComparison.Ordinal))
            ? name[Scheme.Length..].Split('/') switch
            {
                [{ Length: > 0 } type, { Length: > 0 } last] => new(type, Plain(last), Plain(version)) { Architecture = Arch() },
                [{ Length: > 0 } type, { Length: > 0 } first, { Length: > 0 } last] => new(type, Plain(last), Plain(version)) { Namespace = Plain(first), Architecture = Arch() },
                _ => null,
            }
            : null;

        string? Arch() => query is null ? null : Plain(query["arch=".Length..]);
    }

    /// <summary>The text.</summary>
    public override string ToString() =>
        $"{Scheme}{Type}/{(Namespace is null ? "" : Escaped(Namespace) + "/")}{Escaped(Name)}@{Escaped(Version)}{(Architecture is null ? "" : "?arch=" + Escaped(Architecture))}";

    private static (string Before, string? After) Cut(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, null) : (text[..index], text[(index + 1)..]);
    }

    private static string Plain(string text) => Uri.UnescapeDataString(text);

    private static string Escaped(string text) => Uri.EscapeDataString(text).Replace("%3A", ":", StringComparison.Ordinal);
}
