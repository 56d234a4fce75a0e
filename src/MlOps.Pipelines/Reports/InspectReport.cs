using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Reports;

/// <summary>What a package or an image is, for people and as JSON. Nothing of it is proven: that is what Verify is for.</summary>
/// <param name="artifact">What is told.</param>
internal sealed class InspectReport(Artifact artifact)
{
    private readonly Manifest _manifest = ArtifactKind.Any.Parse(artifact.Stored, artifact.Where);

    public string Text()
    {
        var text = new StringBuilder();
        text.Append(_manifest.ArtifactType is null ? "image" : "package").Append(' ').Append(artifact.Where).Append(artifact.Version is null ? "" : $" {artifact.Version}").Append('\n').Append(artifact.Digest).Append('\n');
        if (_manifest.ArtifactType == ModelPackage.ArtifactType)
        {
            Package(text);
        }
        else
        {
            Image(text);
        }

        Attestations(text);
        return text.ToString().TrimEnd('\n');
    }

    public JsonObject Json() => new()
    {
        ["attestations"] = new JsonArray([.. Said().Select(said => (JsonNode)new JsonObject { ["digest"] = said.Layer.Digest.ToString(), ["predicateType"] = said.Predicate, ["signedBy"] = Signer(said) })]),
        ["config"] = artifact.Read(_manifest.Config) is { } config && JsonText(config) is { } json ? json : null,
        ["digest"] = artifact.Digest.ToString(),
        ["manifest"] = JsonNode.Parse(artifact.Stored.Bytes.Span),
        ["version"] = artifact.Version,
    };

    private void Package(StringBuilder text)
    {
        var package = ModelPackage.Read(artifact.Stored.Bytes, _ => artifact.Read(_manifest.Config), artifact.Where);
        var about = package.Description;
        var facts = new TextTable("", "");
        foreach (var (name, value) in new[] { ("name", about.Name), ("description", about.Description), ("predicts", about.Family), ("trained by", about.Architecture), ("owner", about.Owner), ("licence", about.Licence) })
        {
            if (value is not null)
            {
                facts.Add(name, Shown(value));
            }
        }

        text.Append(facts).Append("\n\n");
        var files = new TextTable("file", "kind", "bytes", "digest");
        foreach (var file in package.Files)
        {
            files.Add(file.Path, file.Kind.ToString(), file.Size.ToString(System.Globalization.CultureInfo.InvariantCulture), PackageReport.Short(file.Digest));
        }

        text.Append(files).Append('\n');
        if (File(package, PackageFile.Signature) is { } signature)
        {
            var inputs = new TextTable("input", "kind", "seen in training");
            foreach (var input in (signature["inputs"] as JsonArray ?? []).OfType<JsonObject>())
            {
                inputs.Add(Shown(input["name"]?.ToString() ?? ""), Shown(input["kind"]?.ToString() ?? ""), Shown(input["categories"] is JsonArray categories ? string.Join(", ", categories) : input["range"] is JsonObject range ? $"{range["min"]} to {range["max"]}" : ""));
            }

            text.Append('\n').Append(inputs).Append('\n');
        }

        if (File(package, PackageFile.Metrics) is { } measured && measured["metrics"] is JsonObject metrics)
        {
            var table = new TextTable("metric", "value", "interval");
            foreach (var (name, value) in metrics)
            {
                table.Add(Shown(name), value?.ToString() ?? "undefined", measured["intervals"]?[name]?.ToString() ?? "");
            }

            text.Append('\n').Append(table).Append('\n');
        }
    }

    private void Image(StringBuilder text)
    {
        var config = artifact.Read(_manifest.Config) is { } bytes ? JsonText(bytes) as JsonObject : null;
        var run = config?["config"] as JsonObject;
        var facts = new TextTable("", "");
        foreach (var (name, value) in new[] { ("platform", $"{config?["os"]}/{config?["architecture"]}"), ("user", run?["User"]?.ToString()), ("entry", run?["Entrypoint"] is JsonArray entry ? string.Join(' ', entry) : null), ("ports", run?["ExposedPorts"] is JsonObject ports ? string.Join(", ", ports.Select(port => port.Key)) : null) })
        {
            if (value is not null)
            {
                facts.Add(name, Shown(value));
            }
        }

        foreach (var (name, value) in run?["Labels"] as JsonObject ?? [])
        {
            facts.Add(Shown(name), Shown(value?.ToString() ?? ""));
        }

        text.Append(facts).Append("\n\n");
        var layers = new TextTable("layer", "bytes", "digest");
        foreach (var (layer, index) in _manifest.Layers.Select((layer, index) => (layer, index)))
        {
            layers.Add($"{index + 1}", layer.Size.ToString(System.Globalization.CultureInfo.InvariantCulture), PackageReport.Short(layer.Digest));
        }

        text.Append(layers).Append('\n');
    }

    private void Attestations(StringBuilder text)
    {
        var table = new TextTable("attestation", "signed by (unproven)", "digest");
        var any = false;
        foreach (var said in Said())
        {
            table.Add(PackageListReport.Word(Shown(said.Predicate)), Signer(said) ?? "nobody", PackageReport.Short(said.Layer.Digest));
            any = true;
        }

        text.Append('\n').Append(any ? table.ToString() : "nothing is attested of it").Append('\n');
    }

    private IEnumerable<Attestor.Found> Said() => artifact.Attached.Select(attached => Manifest.TryParse(attached.Bytes.Span) is { } manifest ? Attestor.Of(manifest) : null).OfType<Attestor.Found>();

    private string? Signer(Attestor.Found said) => artifact.Read(said.Layer) is { } bytes && Bundle.TryParse(bytes, out var bundle, out _) ? ForeignText.Shown(bundle.Hint, 12) : null;

    private JsonNode? File(ModelPackage package, string path) => package.Find(path) is { } file && artifact.Read(new() { MediaType = file.MediaType, Digest = file.Digest, Size = file.Size }) is { } bytes ? JsonText(bytes) : null;

    private static JsonNode? JsonText(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes, documentOptions: new() { MaxDepth = 64 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Shown(string text) => ForeignText.Shown(text, 200);
}
