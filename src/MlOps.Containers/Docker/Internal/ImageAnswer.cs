using MlOps.Content;

namespace MlOps.Containers.Docker.Internal;

/// <summary>An image as engines describe it.</summary>
internal sealed record ImageAnswer(
    string? Id, IReadOnlyList<string>? RepoTags, IReadOnlyList<string>? RepoDigests, long Size, string? Os, string? Architecture, string? Variant, ImageRootFs? RootFS, ImageConfig? Config)
{
    public DockerImage ToImage(Digest id) => new(id)
    {
        Tags = RepoTags ?? [],
        RepositoryDigests = RepoDigests ?? [],
        DiffIds = [.. (RootFS?.Layers ?? []).Where(layer => Digest.TryParse(layer, out _)).Select(Digest.Parse)],
        Labels = Config?.Labels ?? new Dictionary<string, string>(),
        Size = Size,
        Platform = new() { Architecture = Architecture ?? "", Os = Os ?? "", Variant = string.IsNullOrEmpty(Variant) ? null : Variant },
        User = Config?.User ?? "",
    };
}

/// <summary>Its layers.</summary>
internal sealed record ImageRootFs(IReadOnlyList<string>? Layers);

/// <summary>The parts of its configuration that are used here; containers have one as well.</summary>
internal sealed record ImageConfig(string? Image, string? User, IReadOnlyDictionary<string, string>? Labels);
