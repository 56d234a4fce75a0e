using MlOps.Containers;
using MlOps.Content;
using MlOps.Data;
using MlOps.Packaging.Images;
using MlOps.Scoring;

namespace MlOps.Benchmarks;

/// <summary>Makes the images that image.sh starts: a tree of one split, served by either flavour.</summary>
internal static class Images
{
    /// <summary>Publishes the service into a folder and writes an image as a tar that docker loads; returns the compressed bytes of its layers, the lowest first.</summary>
    public static async Task<string> WriteAsync(string home, ServiceFlavour flavour, string folder, string name, string file)
    {
        var model = OnnxModel.Write(new(
            new(ModelTask.Binary, "churned", [new("months", FeatureKind.Numeric)], ["no", "yes"]),
            [new NumericEncoder("months")],
            new TreeEnsemble(Link.Logistic, [0.25f], [new Tree(0, [0, -1, -1], [12, 0, 0], [true, false, false], [1, 0, 0], [2, 0, 0], [0, 1.5f, -2f])])));
        await ServicePublish.RunAsync(home, flavour, folder, null, default);
        var (lowest, middle, top) = (new MemoryStream(), new MemoryStream(), new MemoryStream());
        var onto = await DebianList.Default.WriteAsync(async (package, cancellationToken) => new MemoryStream(await DebianMirror.FetchAsync(package, null, cancellationToken)), lowest, default);
        var image = ServiceImage.Compose(onto, ServicePublish.Write(folder, middle),
            ServiceImage.WriteModel(new() { Name = "churn", Files = [new("model.onnx", () => new MemoryStream(model))], Path = "model.onnx", Digest = Digest.Of(model) }, top), new Dictionary<string, string>());
        byte[][] blobs = [lowest.ToArray(), middle.ToArray(), top.ToArray(), image.Config];
        await using var tar = File.Create(file);
        ImageArchive.Write(tar, name, image.Manifest, digest => new MemoryStream(Array.Find(blobs, blob => Digest.Of(blob) == digest)!));
        return string.Join(' ', image.Manifest.Layers.Select(layer => layer.Size));
    }
}
