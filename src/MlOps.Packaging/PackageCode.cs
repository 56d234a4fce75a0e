using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring.Computed;

namespace MlOps.Packaging;

/// <summary>How a package's code is called: <c>code.json</c>, in the words of the service's configuration.</summary>
public static class PackageCode
{
    /// <summary>As the package keeps it: the assembly by its name in <c>code/</c>.</summary>
    public static JsonObject ToJson(DeployedCode code) => new()
    {
        ["assembly"] = Path.GetFileName(code.Assembly),
        ["columns"] = new JsonObject(code.Columns.OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => KeyValuePair.Create(column.Key, (JsonNode?)column.Value.ToString().ToLowerInvariant()))),
        ["files"] = Digests(code.Files),
        ["functions"] = Digests(code.Functions),
    };

    /// <summary>Reads it.</summary>
    /// <param name="json">The bytes of <c>code.json</c>.</param>
    /// <param name="folder">Where the files of <c>code/</c> lie.</param>
    /// <param name="where">What diagnostics name.</param>
    /// <exception cref="DiagnosticException">MLO7164: it is not what a package of ours has.</exception>
    public static DeployedCode Read(byte[] json, string folder, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            var assembly = root.GetProperty("assembly").GetString()!;
            var files = DigestsOf(root.GetProperty("files"));
            return assembly != Path.GetFileName(assembly) || files.Keys.Any(file => !PackageFile.IsPath(file) || file.Contains('/', StringComparison.Ordinal))
                ? throw new FormatException("a file is not in code/ itself")
                : new(Path.Join(folder, assembly), files, DigestsOf(root.GetProperty("functions")),
                    root.GetProperty("columns").EnumerateObject().ToDictionary(column => column.Name, column => Enum.Parse<ColumnType>(column.Value.GetString()!, ignoreCase: true), StringComparer.Ordinal));
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new DiagnosticException(new Diagnostic("MLO7164", $"{PackageFile.Code} cannot be used") { Where = where, Why = e.Message });
        }
    }

    private static JsonObject Digests(IEnumerable<KeyValuePair<string, Digest>> digests) =>
        new(digests.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value.ToString())));

    private static Dictionary<string, Digest> DigestsOf(JsonElement json) => json.EnumerateObject().ToDictionary(file => file.Name, file => Digest.Parse(file.Value.GetString()!), StringComparer.Ordinal);
}
