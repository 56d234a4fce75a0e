using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Inference;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;

namespace MlOps.Pipelines.NewModel;

/// <summary>What <c>New</c> makes of a CSV file before it writes anything: the model's manifest, and why it is as it is.</summary>
internal sealed class ModelDraft
{
    private readonly InferredModel _inferred;

    private ModelDraft(InferredModel inferred, ModelManifest manifest, CodeDraft? code, int rows) => (_inferred, Manifest, Code, Rows) = (inferred, code?.Manifest ?? manifest, code, rows);

    public ModelManifest Manifest { get; }

    /// <summary>The model's C#, if it was asked for.</summary>
    public CodeDraft? Code { get; }

    public int Rows { get; }

    public IReadOnlyList<Diagnostic> Warnings => _inferred.Warnings;

    public static async Task<ModelDraft> InferAsync(NewModelRequest request, CancellationToken cancellationToken)
    {
        Check(request);
        var bytes = await ReadAsync(request.Data, cancellationToken);
        var frame = CsvReader.Read(bytes, new() { Path = request.Data }, cancellationToken);
        var inferred = ManifestInference.Infer(frame, new()
        {
            Label = request.Label,
            Where = request.Data,
            SplitColumn = request.SplitColumn,
            TestValue = request.TestValue,
            Group = request.Group,
            Drop = request.Drop,
            Positive = request.Positive,
        });
        var manifest = Declare(request.Name, inferred, frame);
        return new(inferred, manifest, request.Code ? CodeDraft.Of(request.Name, manifest, frame) : null, frame.RowCount);
    }

    public string Text(IReadOnlyList<string> written) => string.Join('\n',
    [
        $"{Rows} rows; what was inferred, and why (change it in the model's model.json):",
        .. _inferred.Explanations.Select(line => "  " + line),
        .. Code is null ? Array.Empty<string>() : [$"  code: {string.Join(", ", Manifest.Features.Where(feature => feature.Value.Code is not null).Select(feature => $"'{feature.Key}' is computed by {feature.Value.Code}"))}, because --code asks for an example"],
        written.Count == 0 ? "nothing was written" : "written: " + string.Join(", ", written),
        .. written.Count == 0 ? Array.Empty<string>() : ["next: ./build.sh Train, or ./build.sh Release to have it answer"],
        .. written.Count == 0 || Code is null || Directory.Exists(Path.Join(Product.Folder, EditorProject.PackagesFolder)) ? Array.Empty<string>()
            : [$"for editors: ./build.sh Compile in {Product.Folder} packs the libraries that models/Models.csproj names"],
    ]);

    public JsonObject Json(IReadOnlyList<string> written) => new()
    {
        ["rows"] = Rows,
        ["model"] = ManifestJson.Of(Manifest),
        ["explanations"] = Texts(_inferred.Explanations),
        ["warnings"] = Texts(_inferred.Warnings.Select(warning => warning.ToString())),
        ["written"] = Texts(written),
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static void Check(NewModelRequest request)
    {
        if (!WorkspaceDefinition.IsModelName(request.Name))
        {
            throw new DiagnosticException(WorkspaceDefinition.BadName("model", request.Name, "New NAME"));
        }

        if (request.SplitColumn is null != request.TestValue is null)
        {
            throw new DiagnosticException(new Diagnostic("MLO2070", "--split-column and --test go together")
            {
                Why = "one names the column, the other the value of its test rows",
                Mend = "give both, or neither",
            });
        }
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(new Diagnostic("MLO2071", $"{path} cannot be read")
            {
                Where = path,
                Why = failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : Directory.Exists(path) ? "it is a folder" : failure is UnauthorizedAccessException ? "permission denied" : failure.Message,
                Mend = "name a CSV file that can be read: --data FILE",
            });
        }
    }

    private static ModelManifest Declare(string name, InferredModel inferred, Frame frame) => new()
    {
        Task = inferred.Task,
        Data = name,
        Label = inferred.Label,
        Positive = inferred.Positive,
        Features = inferred.Features.ToDictionary(feature => feature.Column, feature => FeatureOptions.Of(feature.Kind), StringComparer.Ordinal),
        Split = inferred.Split,
        Trainer = inferred.Trainer == LinearOptions.TrainerName ? new LinearOptions() : new BoostedTreesOptions(),
        Gate = Gate(inferred),
        Serve = new() { Examples = [new() { Input = Example(inferred, frame) }] },
    };

    /// <summary>Better than knowing nothing: the least that a model should be, to be tightened by its owner.</summary>
    private static GateManifest Gate(InferredModel inferred) => inferred.Task switch
    {
        ModelTask.Regression => new() { R2 = new() { Min = 0 } },
        ModelTask.Binary => new() { Auc = new() { Min = 0.5 } },
        _ => new() { MacroAccuracy = new() { Min = Math.Round(1.0 / inferred.Classes.Count, 4) } },
    };

    private static Dictionary<string, JsonElement> Example(InferredModel inferred, Frame frame)
    {
        var row = Enumerable.Range(0, frame.RowCount).First(row => !frame[inferred.Label].IsMissing(row));
        return inferred.Features.Where(feature => !frame[feature.Column].IsMissing(row)).ToDictionary(
            feature => feature.Column,
            feature => JsonSerializer.SerializeToElement(frame[feature.Column] switch
            {
                NumberColumn numbers => (JsonNode)numbers.Values[row],
                BooleanColumn truths => truths.Values[row] == 1,
                var other => other.Text(row)!,
            }), StringComparer.Ordinal);
    }
}
