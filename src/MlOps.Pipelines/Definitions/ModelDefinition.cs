using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>A model as declared: its manifest, and where each part of it stands.</summary>
/// <param name="Name">Its folder's name; of an instance with what tells it apart, such as <c>demand@region=north</c>.</param>
/// <param name="File">The manifest's path relative to the workspace.</param>
internal sealed record ModelDefinition(string Name, string File, ModelManifest Manifest, JsonTree Tree)
{
    /// <summary>The model's folder relative to the workspace; instances of one declaration share it.</summary>
    public string Folder => File[..File.LastIndexOf('/')];

    public SplitSpec Split => (Manifest.Split ?? new HashSplit()).Spec(Manifest.Label);

    public LearningSpec Learning => new(
        Manifest.Task, Manifest.Label, Manifest.Positive, [.. Manifest.Features.Select(feature => new FeatureSpec(feature.Key, feature.Value))], Manifest.Trainer,
        Manifest.Weight);

    public string At(params string[] path) => $"{File}:{Tree.LineOf(path)}";
}
