using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Images;

namespace MlOps.Pipelines.Actions;

/// <summary>Makes the image of a model's package: base, runtime and service, and the package's files on top.</summary>
internal sealed class ImageAction : IStepExecutor
{
    public const string Name = "image";

    /// <summary>The manifest: its digest is the image's.</summary>
    public const string Manifest = "image.json";

    /// <summary>The image's configuration, and its last layer.</summary>
    public const string Config = "config.json", Layer = "model.tar.gz";

    /// <summary>The label, and the manifest's annotation, that names the package whose model is served.</summary>
    public const string PackageLabel = "org.mlops.package.digest";

    /// <summary>Whether a file of the package is one that the service reads; the others are for people and for those who watch.</summary>
    public static bool IsServed(string path) => path is PackageFile.Model or PackageFile.Signature or PackageFile.Code or PackageFile.Licence or PackageFile.Card or PackageFile.Metrics or PackageFile.Examples || path.StartsWith(PackageFile.CodeFolder, StringComparison.Ordinal);

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var content = context.InputPath(PackageAction.Files);
        var package = ModelPackage.Read(File.ReadAllBytes(context.InputPath(PackageAction.Manifest)), _ => File.ReadAllBytes(Path.Join(content, PackageAction.Config)), context.Step.Name.Value);
        var files = package.Files.Where(file => IsServed(file.Path)).ToList();
        var model = new ServedModel
        {
            Name = package.Description.Name,
            Files = [.. files.Select(file => new ModelFile(file.Path, () => File.OpenRead(PlaceOf(file))))],
            Path = PackageFile.Model,
            Digest = package.Find(PackageFile.Model)!.Digest,
            Code = package.Find(PackageFile.Code) is { } code ? PackageCode.Read(File.ReadAllBytes(PlaceOf(code)), PackageFile.CodeFolder.TrimEnd('/'), package.Description.Name) : null,
        };
        Containers.Layer layer;
        using (var destination = File.Create(context.OutputPath(Layer)))
        {
            layer = ServiceImage.WriteModel(model, destination);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var image = ServiceImage.Compose(
            ImageParts.BaseOf(JsonNode.Parse(File.ReadAllBytes(context.InputPath(BaseAction.Description)))!),
            ImageParts.LayerOf(JsonNode.Parse(File.ReadAllBytes(context.InputPath(ServiceAction.Description)))!),
            layer,
            Labels(package));
        File.WriteAllBytes(context.OutputPath(Config), image.Config);
        File.WriteAllBytes(context.OutputPath(Manifest), image.Manifest.ToBytes());
        return [];

        string PlaceOf(PackageFile file) => file.Path == PackageFile.Model ? context.InputPath(TrainAction.Model) : Path.Join(content, file.Path);
    }

    private static Dictionary<string, string> Labels(ModelPackage package)
    {
        var about = package.Description;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["org.opencontainers.image.title"] = about.Name,
            [PackageLabel] = package.Digest.ToString(),
        };
        Add("org.opencontainers.image.description", about.Description);
        Add("org.opencontainers.image.vendor", about.Owner);
        Add("org.opencontainers.image.licenses", about.Licence);
        return labels;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                labels[name] = value;
            }
        }
    }
}
