using System.Text.Json;

namespace MlOps.Packaging;

/// <summary>The commit that something was built from.</summary>
/// <param name="Repository">Where it can be had; a user name, a password or a query in it is never written.</param>
/// <param name="Commit">Git's name of it: 40 or 64 lower-case hex digits.</param>
public sealed record SourceCommit(Uri Repository, string Commit)
{
    /// <summary>Who wrote it, as git says.</summary>
    public string? Author { get; init; }

    /// <summary>When it was committed, to the second.</summary>
    public DateTimeOffset? CommittedOn { get; init; }

    /// <summary>Whether files differed from the commit when it was built: then it cannot be built again from git alone.</summary>
    public bool IsDirty { get; init; }
}

/// <summary>Where a package or image came from: the SLSA provenance predicate v1.</summary>
/// <remarks>https://slsa.dev/spec/v1.0/provenance. The commit, the datasets and the toolchain are its resolved dependencies; author, time and dirtiness are annotations of the commit.</remarks>
public sealed partial record Provenance
{
    /// <summary>Who built, as a URI.</summary>
    public required string BuilderId { get; init; }

    /// <summary>What kind of build it was, as a URI: it says what the parameters mean.</summary>
    public required string BuildType { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What the model declares: a JSON object.</summary>
    public required JsonElement Parameters { get; init; }

    /// <summary>The commit; null outside of git.</summary>
    public SourceCommit? Source { get; init; }

    /// <summary>Every dataset, by name and the sha256 of its bytes.</summary>
    public IReadOnlyList<ResourceDescriptor> Datasets { get; init; } = [];

    /// <summary>The declared software.</summary>
    public IReadOnlyList<PackageUrl> Toolchain { get; init; } = [];

    /// <summary>When the build began, to the second.</summary>
    public DateTimeOffset? StartedOn { get; init; }

    /// <summary>When it ended, to the second.</summary>
    public DateTimeOffset? FinishedOn { get; init; }

    /// <summary>The run's name; null for the sha256 of all that stands here, so that the same facts have the same name.</summary>
    public string? InvocationId { get; init; }
}
