using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Packaging;

/// <summary>What a package is made of, and the files that follow from it.</summary>
public sealed record PackageContent
{
    /// <summary>What it says of itself; architecture and family follow from the rest.</summary>
    public required PackageDescription About { get; init; }

    /// <summary>The bytes of <c>model.onnx</c>.</summary>
    public required ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>What callers send, and what comes back.</summary>
    public required Signature Request { get; init; }

    /// <summary>The rows it was trained with: all columns that it learns from.</summary>
    public required Frame Training { get; init; }

    /// <summary>How many rows it was measured on.</summary>
    public required int TestRows { get; init; }

    /// <summary>Its measurements: <c>metrics</c>, <c>intervals</c>, <c>baseline</c>, <c>slices</c>.</summary>
    public required JsonObject Metrics { get; init; }

    /// <summary>What matters to it most, as the step that explains it tells; null where it was not asked.</summary>
    public JsonObject? Importance { get; init; }

    /// <summary>Rows to try it with.</summary>
    public IReadOnlyList<PackageExample> Examples { get; init; } = [];

    /// <summary>The dataset that it learnt from, by name.</summary>
    public required string Dataset { get; init; }

    /// <summary>What it is meant for; null where nobody said.</summary>
    public string? Uses { get; init; }

    /// <summary>What it cannot do, or should not be asked; null where nobody said.</summary>
    public string? Limits { get; init; }

    /// <summary>The licence's text; null where there is none.</summary>
    public byte[]? LicenceText { get; init; }

    /// <summary>What computes some of its inputs; null where callers have all of them.</summary>
    public DeployedCode? Code { get; init; }

    /// <summary>The bytes of the files of <see cref="Code"/>.</summary>
    public IReadOnlyDictionary<string, byte[]> CodeFiles { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>All files by path, each with what it is. The same content gives the same bytes.</summary>
    public IReadOnlyList<(PackageFile File, ReadOnlyMemory<byte> Bytes)> Files()
    {
        var model = OnnxModel.Read(Model.ToArray());
        var profile = TrainingProfile.Of(model.Signature.Inputs, Training, new Scorer(model).Predict(Training));
        var signature = PackageSignature.Of(Request, model, profile);
        List<(PackageFile, ReadOnlyMemory<byte>)> files =
        [
            File(PackageFile.Model, PackageFileKind.Weight, Model),
            File(PackageFile.Signature, PackageFileKind.WeightConfig, Json(signature)),
            File(PackageFile.Profile, PackageFileKind.Dataset, Json(profile)),
            File(PackageFile.Metrics, PackageFileKind.Doc, Json(Metrics)),
            File(PackageFile.Card, PackageFileKind.Doc, Encoding.UTF8.GetBytes(ModelCard.Markdown(this, signature))),
        ];
        if (Examples.Count > 0)
        {
            files.Add(File(PackageFile.Examples, PackageFileKind.WeightConfig, Json(new JsonArray([.. Examples.Select(example => (JsonNode)example.ToJson())]))));
        }

        if (LicenceText is { } licence)
        {
            files.Add(File(PackageFile.Licence, PackageFileKind.Doc, licence));
        }

        if (Code is not null)
        {
            files.Add(File(PackageFile.Code, PackageFileKind.WeightConfig, Json(PackageCode.ToJson(Code))));
            files.AddRange(CodeFiles.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => File(PackageFile.CodeFolder + file.Key, PackageFileKind.Code, file.Value)));
        }

        return files;
    }

    private static (PackageFile, ReadOnlyMemory<byte>) File(string path, PackageFileKind kind, ReadOnlyMemory<byte> bytes) => (PackageFile.Of(path, kind, bytes.Span), bytes);

    private static byte[] Json(JsonNode json) => Encoding.UTF8.GetBytes(CanonicalJson.Indented(json));
}

/// <summary>A row to try a model with.</summary>
/// <param name="Input">Column to value; columns left out are missing.</param>
/// <param name="Expect">What must come of it, <c>min</c>, <c>max</c>, <c>label</c>; null for nothing but an answer.</param>
public sealed record PackageExample(JsonObject Input, JsonObject? Expect)
{
    internal JsonObject ToJson() => Expect is null ? new() { ["input"] = Input.DeepClone() } : new() { ["expect"] = Expect.DeepClone(), ["input"] = Input.DeepClone() };
}
