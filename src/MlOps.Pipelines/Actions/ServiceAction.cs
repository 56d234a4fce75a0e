using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Images;

namespace MlOps.Pipelines.Actions;

/// <summary>Publishes the scoring service with its runtime as images hold it.</summary>
internal sealed class ServiceAction : IStepExecutor
{
    public const string Name = "service";

    /// <summary>The layer, and what its bytes unpack to.</summary>
    public const string Layer = "service.tar.gz", Description = "service.json";

    private const string Flavour = "flavour", Sdk = "sdk";

    public bool ReadsInPlace => true;

    /// <param name="flavour">Which of the two.</param>
    /// <param name="sdk">The SDK that publishes: compiler, trimmer and native code follow from its version, and global.json lets newer ones in.</param>
    public static JsonObject Parameters(ServiceFlavour flavour, string sdk) => new() { [Flavour] = WordOf(flavour), [Sdk] = sdk };

    public static string WordOf(ServiceFlavour flavour) => flavour == ServiceFlavour.Trimmed ? "trimmed" : "untrimmed";

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var flavour = (string?)context.Step.Parameters[Flavour] == WordOf(ServiceFlavour.Trimmed) ? ServiceFlavour.Trimmed : ServiceFlavour.Untrimmed;
        var folder = Path.Join(context.WorkDirectory, "publish");
        Directory.CreateDirectory(folder);
        context.Report("compiling the service");
#pragma warning disable VSTHRD002 // Steps run on threads of their own, which wait for nobody else.
        ServicePublish.RunAsync(Product.Folder, flavour, folder, new Progress<string>(_ => { }), cancellationToken).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        using var file = File.Create(context.OutputPath(Layer));
        var layer = ServicePublish.Write(folder, file);
        File.WriteAllText(context.OutputPath(Description), CanonicalJson.Indented(ImageParts.ToJson(layer)));
        return [];
    }
}
