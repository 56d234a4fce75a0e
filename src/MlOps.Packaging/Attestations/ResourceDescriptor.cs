using System.Diagnostics.CodeAnalysis;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>Something that has a name and a sha256: what a statement is about, a dataset, a configuration.</summary>
/// <remarks>https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md.</remarks>
/// <param name="Name">How people call it; empty where somebody else gave none.</param>
/// <param name="Digest">Of its bytes: what identifies it.</param>
public sealed record ResourceDescriptor(string Name, Digest Digest)
{
    internal ResourceWire ToWire() => new() { Name = Name, Digest = new Dictionary<string, string> { ["sha256"] = Digest.Hex } };

    /// <summary>One, or false if it has no sha256 of 64 lower-case hex digits.</summary>
    internal static bool TryRead(ResourceWire? wire, [NotNullWhen(true)] out ResourceDescriptor? resource)
    {
        resource = wire?.Digest?.GetValueOrDefault("sha256") is { } hex && !hex.StartsWith(Digest.Prefix, StringComparison.Ordinal) && Digest.TryParse(hex, out var digest)
            ? new(wire.Name ?? "", digest)
            : null;
        return resource is not null;
    }
}
