using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Serving.Models;

/// <summary>What is known of a model besides what scores: files of its package, for people. Nothing depends on them.</summary>
internal sealed class ModelAbout
{
    private const int MostBytes = 1 << 20;

    /// <summary>The files that are shown.</summary>
    private static readonly string[] Names = ["README.md", "metrics.json", "examples.json", "signature.json"];

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>Reads them now: the folder may go while the model is served.</summary>
    /// <param name="folder">Of the package's files; null where there is none. What is missing or too long is left out.</param>
    /// <param name="commit">Where it came from, as whoever deployed it says.</param>
    public ModelAbout(string? folder, string? commit)
    {
        Commit = commit;
        foreach (var name in folder is null ? [] : Names)
        {
            var file = new FileInfo(Path.Join(folder, name));
            if (file.Exists && file.Length <= MostBytes)
            {
                _texts.Add(name, File.ReadAllText(file.FullName));
            }
        }
    }

    /// <summary>The commit whose lock pins the model.</summary>
    public string? Commit { get; }

    /// <summary>A file's text; null where it is not known.</summary>
    public string? Text(string name) => _texts.GetValueOrDefault(name);

    /// <summary>A file as JSON; null where it is not known, or none.</summary>
    public JsonNode? Json(string name)
    {
        try
        {
            return Text(name) is { } text ? JsonNode.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
