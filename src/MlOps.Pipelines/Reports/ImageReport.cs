using System.Text.Json.Nodes;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Images;

namespace MlOps.Pipelines.Reports;

/// <summary>The images that a lock pins, as a table and as JSON.</summary>
internal sealed class ImageReport
{
    private readonly List<(string Model, MadeImage Image, ServiceFlavour Flavour, string Went)> _rows = [];

    public void Add(string model, MadeImage image, ServiceFlavour flavour, string went) => _rows.Add((model, image, flavour, went));

    public string Text()
    {
        var table = new TextTable("image", "digest", "size", "service", "written to");
        foreach (var (_, image, flavour, went) in _rows)
        {
            table.Add(image.Name, PackageReport.Short(image.Digest), GcReport.Size(image.Size), ServiceAction.WordOf(flavour), went);
        }

        return table.ToString();
    }

    public JsonObject Json() => new()
    {
        ["images"] = new JsonArray([.. _rows.Select(row => (JsonNode)new JsonObject
        {
            ["bytes"] = row.Image.Size,
            ["digest"] = row.Image.Digest.ToString(),
            ["flavour"] = ServiceAction.WordOf(row.Flavour),
            ["model"] = row.Model,
            ["name"] = row.Image.Name,
            ["version"] = row.Image.Version.ToString(),
        })]),
    };
}
