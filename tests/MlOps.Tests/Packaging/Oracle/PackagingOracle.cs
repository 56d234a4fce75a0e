using System.Text.Json;

namespace MlOps.Tests.Packaging;

/// <summary>What other people's programs say of attestations: <c>@sigstore/verify</c>, CycloneDX's library and ajv (npm, pinned beside this file, kept in <c>.artifacts</c>).</summary>
internal static class PackagingOracle
{
    private static readonly NpmPackages Packages = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Packaging", "Oracle"), "packaging-oracle");

    /// <summary>Why it cannot be asked on this machine, or null.</summary>
    public static string? Absent => Packages.Absent;

    /// <summary>The payload of each bundle that is accepted under a key; null for each that is refused.</summary>
    public static byte[]?[] Verify(string pem, string keyId, IEnumerable<string> bundles)
    {
        using var folder = new Content.TemporaryFolder();
        folder.Write("key.pem", pem);
        folder.Write("id.txt", keyId);
        folder.Write("bundles.json", JsonSerializer.Serialize(bundles));
        Run("verify.cjs", folder.Root);
        return JsonSerializer.Deserialize<byte[]?[]>(folder.Read("verdicts.json"))!;
    }

    /// <summary>Passes if every bill is valid: for the library, and for the standard's schemas where their folder is given.</summary>
    public static void ValidateBoms(IEnumerable<byte[]> boms, string? schemas = null)
    {
        using var folder = new Content.TemporaryFolder();
        foreach (var (index, bom) in boms.Index())
        {
            File.WriteAllBytes(Path.Join(folder.Root, $"bom-{index}.json"), bom);
        }

        Run("sbom.cjs", schemas is null ? [folder.Root] : [folder.Root, schemas]);
    }

    private static void Run(string script, params string[] arguments)
    {
        var (exit, error) = NpmPackages.Run(Packages.Script(script, arguments));
        Assert.True(exit == 0, error);
    }
}
