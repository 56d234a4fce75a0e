using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>What NuGet's lock says: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies.</summary>
internal static class PackageLock
{
    /// <summary>Whether the lock is about exactly these packages, so that it is to be obeyed, not to be renewed.</summary>
    /// <exception cref="DiagnosticException">It is no lock (MLO8368).</exception>
    public static bool Fits(byte[] pinned, string framework, IEnumerable<DeclaredPackage> declared) =>
        Entries(pinned, framework).Where(entry => entry.Type == "Direct").Select(entry => entry.Name.ToLowerInvariant() + entry.Requested).Order(StringComparer.Ordinal)
            .SequenceEqual(declared.Select(package => $"{package.Name.ToLowerInvariant()}[{package.Version}, )").Order(StringComparer.Ordinal));

    /// <summary>A version never means other bytes, also where the lock is renewed for another package (MLO8367).</summary>
    public static IEnumerable<Diagnostic> Changed(byte[] pinned, byte[] restored, string framework) =>
        from old in Entries(pinned, framework)
        join now in Entries(restored, framework) on (old.Name.ToLowerInvariant(), old.Resolved) equals (now.Name.ToLowerInvariant(), now.Resolved)
        where old.ContentHash != now.ContentHash && old.ContentHash is not null
        select Differs(now.Name, now.Resolved!);

    /// <summary>The bytes of a package are not those that people agreed on.</summary>
    public static Diagnostic Differs(string name, string version) => new("MLO8367", $"package {name} {version} is not the one that the lock pins")
    {
        Where = ModelPackages.Lock,
        Why = "its content has another hash: a source gives other bytes under the same version, or somebody changed the lock",
        Mend = $"find out which; if the new bytes are right, remove the package's lines from {ModelPackages.Lock}, and what NuGet kept of it: dotnet nuget locals global-packages --list",
    };

    /// <summary>The packages that the models' code may use, with their versions; none where no lock is.</summary>
    public static IEnumerable<(string Name, string Version)> Resolved(byte[] pinned, string framework) =>
        Entries(pinned, framework).Where(entry => entry.Resolved is not null).Select(entry => (entry.Name, entry.Resolved!));

    private static IReadOnlyList<Entry> Entries(byte[] bytes, string framework)
    {
        try
        {
            return [.. (JsonNode.Parse(bytes)?["dependencies"]?[framework]?.AsObject() ?? []).Select(entry => new Entry(
                entry.Key, (string?)entry.Value?["type"], (string?)entry.Value?["requested"], (string?)entry.Value?["resolved"], (string?)entry.Value?["contentHash"]))];
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            throw new DiagnosticException(new Diagnostic("MLO8368", "the lock of the packages cannot be read")
            {
                Where = ModelPackages.Lock,
                Why = damaged.Message,
                Mend = $"git checkout {ModelPackages.Lock}; or remove it, and it is written anew",
            });
        }
    }

    private sealed record Entry(string Name, string? Type, string? Requested, string? Resolved, string? ContentHash);
}
