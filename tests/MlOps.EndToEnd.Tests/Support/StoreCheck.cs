using System.Security.Cryptography;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>Reads a whole store without the product's help.</summary>
internal static class StoreCheck
{
    /// <summary>The objects whose bytes are not what their name says.</summary>
    public static IReadOnlyList<string> Damaged(string root)
    {
        var objects = Path.Combine(root, ".mlops/store/objects");
        return !Directory.Exists(objects) ? [] :
            [.. Directory.EnumerateFiles(objects, "*", SearchOption.AllDirectories).Where(file =>
                Path.GetFileName(Path.GetDirectoryName(file)) + Path.GetFileName(file) != Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))))];
    }
}
