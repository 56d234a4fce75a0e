using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.Actions;

/// <summary>Makes a model's package: everything that ships with it, and the manifest that names it all.</summary>
/// <param name="code">The models' own code, by the models' names.</param>
internal sealed class PackageAction(IReadOnlyDictionary<string, CompiledModel> code) : IStepExecutor
{
    public const string Name = "package";
    public const string Variant = "modelpack";

    /// <summary>The manifest: its digest is the package's.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The files besides the model, which another step has made, and the configuration under <see cref="Config"/>.</summary>
    public const string Files = "content/";

    /// <summary>The configuration among the files.</summary>
    public const string Config = "config.json";

    /// <summary>The fact that says what callers send and get.</summary>
    public const string Signature = "signature";

    /// <summary>The parameter that names the model's own code that ships.</summary>
    public const string Code = "code";

    public bool ReadsInPlace => true;

    /// <summary>What a package says besides what other steps found out.</summary>
    public static JsonObject Parameters(ModelDefinition model, CompiledModel? compiled)
    {
        var manifest = model.Manifest;
        var parameters = new JsonObject { ["architecture"] = manifest.Trainer.Name, ["dataset"] = manifest.Data, ["name"] = model.Name };
        Add("owner", manifest.Owner);
        Add("license", manifest.License);
        Add("description", manifest.Card?.Description);
        Add("limits", manifest.Card?.Limits);
        Add("uses", manifest.Card?.Uses);
        if (manifest.Serve is { Examples: { Count: > 0 } examples })
        {
            // A line of the lock each.
            parameters["examples"] = new JsonArray([.. examples.Select(example => (JsonNode)CanonicalJson.Compact(Example(example)))]);
        }

        if (compiled is not null && model.ComputedColumns.Count > 0)
        {
            parameters[Code] = new JsonObject
            {
                ["files"] = Digests(DeployableCode.Files(compiled).ToDictionary(file => file.Key, file => Digest.Of(file.Value))),
                ["functions"] = Digests(model.ComputedColumns.Select(column => column.Code).Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => compiled.Functions[name].Digest)),
            };
        }

        return parameters;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parameters[name] = value;
            }
        }
    }

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var parameters = context.Step.Parameters;
        byte[] Read(string input) => File.ReadAllBytes(context.InputPath(input));
        var onnx = Read(TrainAction.Model);
        var test = FrameFile.FromBytes(Read(PrepareAction.Test));
        var model = OnnxModel.Read(onnx);
        var files = parameters[Code] is null ? new Dictionary<string, byte[]>() : DeployableCode.Files(OwnCodeExecutor.ModelOf(code, context.Step));
        var deployed = parameters[Code] is JsonObject own ? Deployed(own, files, model.Signature, test, context.Step) : null;
        var content = new PackageContent
        {
            About = new()
            {
                Name = (string)parameters["name"]!,
                Description = (string?)parameters["description"],
                Owner = (string?)parameters["owner"],
                Licence = (string?)parameters["license"],
                Architecture = (string?)parameters["architecture"],
                Family = model.Signature.Task.ToString().ToLowerInvariant(),
            },
            Model = onnx,
            Request = deployed is null ? model.Signature : InputFunctions.RequestOf(model.Signature, deployed.Columns),
            Training = FrameFile.FromBytes(Read(PrepareAction.Train)),
            TestRows = test.RowCount,
            Metrics = JsonNode.Parse(Read(EvaluateAction.Metrics))!.AsObject(),
            Importance = context.Step.Inputs.ContainsKey(ExplainAction.Importance) ? JsonNode.Parse(Read(ExplainAction.Importance))!.AsObject() : null,
            Examples = [.. (parameters["examples"] as JsonArray ?? []).Select(example => JsonNode.Parse((string)example!)!).Select(example => new PackageExample(example["input"]!.AsObject(), example["expect"] as JsonObject))],
            Dataset = (string)parameters["dataset"]!,
            Uses = (string?)parameters["uses"],
            Limits = (string?)parameters["limits"],
            LicenceText = context.Step.Inputs.ContainsKey(PackageFile.Licence) ? Read(PackageFile.Licence) : null,
            Code = deployed,
            CodeFiles = files,
        };
        var made = content.Files();
        cancellationToken.ThrowIfCancellationRequested();
        var package = ModelPackage.Create(content.About, made.Select(file => file.File));
        foreach (var (file, bytes) in made.Where(file => file.File.Path != PackageFile.Model))
        {
            Write(file.Path, bytes);
        }

        Write(Config, package.Config);
        File.WriteAllBytes(context.OutputPath(Manifest), package.Manifest.Span);
        return new() { [Signature] = PackageSignature.Short(content.Request) };

        void Write(string path, ReadOnlyMemory<byte> bytes)
        {
            var place = Path.Join(context.OutputPath(Files), path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.WriteAllBytes(place, bytes.Span);
        }
    }

    private static DeployedCode Deployed(JsonObject own, IReadOnlyDictionary<string, byte[]> files, Signature signature, Frame test, Step step)
    {
        var declared = own["files"]!.AsObject().ToDictionary(file => file.Key, file => Digest.Parse((string)file.Value!), StringComparer.Ordinal);
        if (declared.Count != files.Count || files.Any(file => declared.GetValueOrDefault(file.Key) != Digest.Of(file.Value)))
        {
            throw new DiagnosticException(new Diagnostic("MLO2280", "the model's compiled code changed while it was packaged") { Where = step.Origin, Mend = "run the same command again" });
        }

        return new(
            DeployableCode.Assembly(files.Keys),
            declared,
            own["functions"]!.AsObject().ToDictionary(function => function.Key, function => Digest.Parse((string)function.Value!), StringComparer.Ordinal),
            // What functions take stands among the test rows as it was in training.
            signature.Inputs.SelectMany(input => input.From).Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => test[name].Type, StringComparer.Ordinal));
    }

    private static JsonObject Example(Manifests.ServeExample example)
    {
        var json = new JsonObject { ["input"] = new JsonObject(example.Input.OrderBy(cell => cell.Key, StringComparer.Ordinal).Select(cell => KeyValuePair.Create(cell.Key, JsonNode.Parse(cell.Value.GetRawText())))) };
        if (example.Expect is { } expected && expected is not { Min: null, Max: null, Label: null })
        {
            var expect = new JsonObject();
            json["expect"] = expect;
            Add("label", expected.Label);
            Add("max", expected.Max);
            Add("min", expected.Min);

            void Add(string name, JsonNode? value)
            {
                if (value is not null)
                {
                    expect[name] = value;
                }
            }
        }

        return json;
    }

    private static JsonObject Digests(IReadOnlyDictionary<string, Digest> digests) =>
        new(digests.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value.ToString())));
}
