using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Images;

namespace MlOps.Pipelines.Actions;

/// <summary>Brings what images stand on: packages of Debian made one layer, or the layers of an image in a registry.</summary>
/// <param name="store">Where packages wait that were fetched before.</param>
/// <param name="debian">The packages of the default base.</param>
internal sealed class BaseAction(ContentStore store, Func<DebianBase> debian) : IStepExecutor
{
    public const string Name = "base";

    /// <summary>The value of nuke.json's <c>image.base</c> for the product's own list of Debian packages.</summary>
    public const string Debian = "debian";

    /// <summary>What it is, and which layers it has.</summary>
    public const string Description = "base.json";

    /// <summary>The layers, each under the hex digits of its digest.</summary>
    public const string Layers = "layers/";

    public bool ReadsInPlace => true;

    public static JsonObject Parameters(string reference) => reference == Debian
        ? new() { [Name] = Debian, ["packages"] = DebianList.Identity.ToString() }
        : new() { [Name] = reference };

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var folder = context.OutputPath(Layers);
        Directory.CreateDirectory(folder);
#pragma warning disable VSTHRD002 // Steps run on threads of their own, which wait for nobody else.
        var onto = (context.Step.Parameters["packages"] is null ? FetchAsync(context, folder, cancellationToken) : UnpackAsync(context, folder, cancellationToken)).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        File.WriteAllText(context.OutputPath(Description), CanonicalJson.Indented(ImageParts.ToJson(onto)));
        return [];
    }

    private async Task<BaseImage> UnpackAsync(StepContext context, string folder, CancellationToken cancellationToken)
    {
        var file = Path.Join(folder, "layer");
        BaseImage onto;
        await using (var layer = File.Create(file))
        {
            onto = await debian().WriteAsync(OpenAsync, layer, cancellationToken);
        }

        File.Move(file, Path.Join(folder, onto.Layers[0].Descriptor.Digest.Hex));
        return onto;

        async Task<Stream> OpenAsync(DebianPackage package, CancellationToken token)
        {
            context.Report($"package {package.Name}");
            if (store.TryRead(package.Digest) is { } kept)
            {
                return new MemoryStream(kept);
            }

            var bytes = await DebianMirror.FetchAsync(package, mirror: null, token);
            store.Put(bytes);
            return new MemoryStream(bytes);
        }
    }

    private static async Task<BaseImage> FetchAsync(StepContext context, string folder, CancellationToken cancellationToken)
    {
        var reference = Reference.Parse((string)context.Step.Parameters[Name]!);
        using var client = new RegistryClient(reference.Registry);
        var repository = client.Repository(reference.Repository);
        var onto = await RegistryBase.ReadAsync(repository, reference.Digest!.Value, cancellationToken);
        foreach (var layer in onto.Layers.DistinctBy(layer => layer.Descriptor.Digest))
        {
            context.Report($"layer {layer.Descriptor.Digest.Hex[..12]}");
            var file = Path.Join(folder, layer.Descriptor.Digest.Hex);
            if (!await repository.FetchBlobAsync(layer.Descriptor, file, progress: null, cancellationToken))
            {
                throw new DiagnosticException(new Diagnostic("MLO2290", "a layer of the base is missing in its registry") { Where = reference.ToString(), Why = $"{layer.Descriptor.Digest}, which its manifest names, is not there", Mend = "push it there again from where it was made, fetch it from a remote store that has it (\"store\" in nuke.json), or name another base there under \"image\"" });
            }

            if (FileIdentity.DigestOfFile(file) is var got && got != layer.Descriptor.Digest)
            {
                throw new DiagnosticException(new Diagnostic("MLO2314", "a layer of the base has other bytes than its digest says")
                {
                    Where = reference.ToString(),
                    Why = $"what the registry sends for {layer.Descriptor.Digest} is {got}",
                    Mend = "look at the registry's storage, or at what stands between it and this machine; or name another base in nuke.json under \"image\"",
                });
            }
        }

        return onto;
    }
}
