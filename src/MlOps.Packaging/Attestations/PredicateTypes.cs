namespace MlOps.Packaging;

/// <summary>The kinds of statements that are made here.</summary>
public static class PredicateTypes
{
    /// <summary>Where something came from: <see cref="MlOps.Packaging.Provenance"/>.</summary>
    public const string Provenance = "https://slsa.dev/provenance/v1";

    /// <summary>What a gate said: <see cref="MlOps.Packaging.TestResult"/>.</summary>
    public const string TestResult = "https://in-toto.io/attestation/test-result/v0.1";

    /// <summary>A bill of materials: <see cref="ModelSbom"/>, <see cref="ImageSbom"/>.</summary>
    public const string CycloneDx = "https://cyclonedx.org/bom";
}
