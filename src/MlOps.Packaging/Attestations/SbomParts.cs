using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>Under what conditions something may be used.</summary>
/// <param name="Text">An SPDX expression, such as <c>MIT</c> or <c>Apache-2.0 OR MIT</c>, or a name in words.</param>
/// <param name="IsSpdx">Whether it is an SPDX expression.</param>
public sealed record SbomLicence(string Text, bool IsSpdx = true);

/// <summary>Software that is part of something.</summary>
/// <param name="Url">Which software; each stands once in a bill.</param>
public sealed record SbomPackage(PackageUrl Url)
{
    /// <summary>The sha256 of the package's own file: <c>.deb</c>, <c>.nupkg</c>.</summary>
    public Digest? Digest { get; init; }

    /// <summary>Its licences, all of them to be kept.</summary>
    public SbomLicence? Licence { get; init; }

    /// <summary>The packages that it needs itself; null if that is not known.</summary>
    public IReadOnlyList<PackageUrl>? DependsOn { get; init; }
}

/// <summary>Data that a model was made from.</summary>
/// <param name="Name">As the workspace calls it.</param>
/// <param name="Digest">Of its bytes.</param>
public sealed record SbomDataset(string Name, Digest Digest)
{
    /// <summary>Where it can be had, without secrets.</summary>
    public Uri? Source { get; init; }

    /// <summary>Its licence.</summary>
    public SbomLicence? Licence { get; init; }
}

/// <summary>A file of a package.</summary>
/// <param name="Path">In the package, with <c>/</c> between names.</param>
/// <param name="Digest">Of its bytes.</param>
public sealed record SbomFile(string Path, Digest Digest);

/// <summary>How good a model is in one respect.</summary>
/// <param name="Name">The measure: <c>rmse</c>.</param>
/// <param name="Value">Its value on the test rows; a finite number.</param>
public sealed record SbomMetric(string Name, double Value)
{
    /// <summary>The bounds of its confidence interval.</summary>
    public (double Low, double High)? Interval { get; init; }

    /// <summary>The part of the rows it was measured on, <c>season=winter</c>; null for all.</summary>
    public string? Slice { get; init; }
}

/// <summary>What a model is, in the terms of a model card.</summary>
public sealed record SbomModelCard
{
    /// <summary><c>regression</c>, <c>classification</c>.</summary>
    public required string Task { get; init; }

    /// <summary>The trainer: <c>boosted-trees</c>.</summary>
    public string? ArchitectureFamily { get; init; }

    /// <summary>What goes in, a line each: <c>hour: categorical</c>.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>What comes out, a line each.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Its metrics, in the order in which they are read.</summary>
    public IReadOnlyList<SbomMetric> Metrics { get; init; } = [];

    /// <summary>Who shall use it.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>What for.</summary>
    public IReadOnlyList<string> UseCases { get; init; } = [];

    /// <summary>What it cannot do.</summary>
    public IReadOnlyList<string> TechnicalLimitations { get; init; } = [];

    /// <summary>What harm it might do.</summary>
    public IReadOnlyList<string> EthicalConsiderations { get; init; } = [];
}
