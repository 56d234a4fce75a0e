using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Packaging.Internal;

/// <summary>https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto, as far as a bundle signed by a bare key goes.</summary>
internal sealed record BundleWire
{
    public required string MediaType { get; init; }

    public required VerificationMaterialWire VerificationMaterial { get; init; }

    public required EnvelopeWire DsseEnvelope { get; init; }
}

internal sealed record VerificationMaterialWire
{
    public required PublicKeyWire PublicKey { get; init; }
}

internal sealed record PublicKeyWire
{
    public required string Hint { get; init; }
}

/// <summary>https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md.</summary>
internal sealed record EnvelopeWire
{
    public required string Payload { get; init; }

    public required string PayloadType { get; init; }

    public required IReadOnlyList<SignatureWire?> Signatures { get; init; }
}

internal sealed record SignatureWire
{
    public required string Sig { get; init; }
}

/// <summary>https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md.</summary>
internal sealed record StatementWire
{
    [JsonPropertyName("_type")]
    public required string Type { get; init; }

    public required IReadOnlyList<ResourceWire?> Subject { get; init; }

    public required string PredicateType { get; init; }

    public JsonElement? Predicate { get; set; }
}

/// <summary>https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md.</summary>
internal sealed record ResourceWire
{
    public string? Name { get; set; }

    public string? Uri { get; set; }

    public IReadOnlyDictionary<string, string>? Digest { get; set; }

    public JsonElement? Annotations { get; set; }
}

/// <summary>https://slsa.dev/spec/v1.0/provenance.</summary>
internal sealed record ProvenanceWire
{
    public required BuildDefinitionWire BuildDefinition { get; init; }

    public required RunDetailsWire RunDetails { get; init; }
}

internal sealed record BuildDefinitionWire
{
    public required string BuildType { get; init; }

    public required ExternalParametersWire ExternalParameters { get; init; }

    public IReadOnlyList<ResourceWire?>? ResolvedDependencies { get; set; }
}

/// <summary>What our build type takes from outside.</summary>
internal sealed record ExternalParametersWire
{
    public required string Model { get; init; }

    public JsonElement? Parameters { get; set; }
}

internal sealed record RunDetailsWire
{
    public required BuilderWire Builder { get; init; }

    public MetadataWire? Metadata { get; set; }
}

internal sealed record BuilderWire
{
    public required string Id { get; init; }
}

internal sealed record MetadataWire
{
    public string? InvocationId { get; set; }

    public string? StartedOn { get; set; }

    public string? FinishedOn { get; set; }
}

/// <summary>https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md.</summary>
internal sealed record TestResultWire
{
    public required string Result { get; init; }

    public required IReadOnlyList<ResourceWire?> Configuration { get; init; }

    public IReadOnlyList<string?>? PassedTests { get; set; }

    public IReadOnlyList<string?>? WarnedTests { get; set; }

    public IReadOnlyList<string?>? FailedTests { get; set; }
}
