using System.Text.Json;
using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Packaging.Images.Internal;

/// <summary>What the service in the image is told: the content of its <c>service.json</c>, which MlOps.Serving reads.</summary>
internal sealed record ServiceFile
{
    public required string Url { get; init; }

    public required IReadOnlyList<ServiceModel> Models { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ImagesText.Plain.ServiceFile);
}

/// <summary>A model in it.</summary>
internal sealed record ServiceModel
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    public required Digest Digest { get; init; }

    public DeployedCode? Code { get; set; }

    /// <summary>The folder of the package's files, which the service's page shows.</summary>
    public required string About { get; init; }
}
