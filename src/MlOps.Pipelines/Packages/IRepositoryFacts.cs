using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>What git knows of where something came from.</summary>
internal interface IRepositoryFacts
{
    /// <summary>What contradicts a provenance; null for nothing.</summary>
    /// <param name="commit">The commit that it names.</param>
    /// <param name="model">The model.</param>
    /// <param name="package">What is said to have come of it.</param>
    /// <param name="datasets">What it is said to have been trained on.</param>
    /// <param name="mustBeProtected">Whether the commit has to be part of the protected branch.</param>
    string? Fault(string commit, string model, Digest package, IReadOnlyList<ResourceDescriptor> datasets, bool mustBeProtected);

    /// <summary>Whether a package has the number that it goes by: a registry may give an old one, or another, under a new number.</summary>
    /// <param name="model">The model.</param>
    /// <param name="version">The number.</param>
    /// <param name="package">What is said to have it.</param>
    /// <param name="mustBeKnown">Whether the protected branch has to know the number.</param>
    ArtifactFinding Number(string model, PackageVersion version, Digest package, bool mustBeKnown);

    /// <summary>Whether a commit is part of the protected branch.</summary>
    bool IsReviewed(string commit);

    /// <summary>Whether the lock of a commit says what a model's gate found.</summary>
    bool HasGate(string commit, string model);
}
