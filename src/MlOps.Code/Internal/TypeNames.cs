using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>Full names of types as the metadata spells them, without assemblies.</summary>
internal static class TypeNames
{
    /// <summary>Of a reference, a definition, or the definition below a constructed type; empty for an array, a pointer or a parameter.</summary>
    public static string Of(MetadataReader reader, EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeReference => Of(reader, (TypeReferenceHandle)handle),
        HandleKind.TypeDefinition => Of(reader, (TypeDefinitionHandle)handle),
        HandleKind.TypeSpecification => Definition(reader, (TypeSpecificationHandle)handle) is { IsNil: false } definition ? Of(reader, definition) : "",
        _ => "",
    };

    public static string Of(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{Of(reader, (TypeReferenceHandle)type.ResolutionScope)}+{reader.GetString(type.Name)}"
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    /// <summary>The assembly that a reference names; null where the type stands in this one.</summary>
    public static AssemblyReference? AssemblyOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => AssemblyOf(reader, (TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => reader.GetAssemblyReference((AssemblyReferenceHandle)scope),
            _ => null,
        };
    }

    /// <summary>The definition or reference that a constructed type constructs; nil for an array, a pointer or a parameter.</summary>
    public static EntityHandle Definition(MetadataReader reader, TypeSpecificationHandle handle)
    {
        var blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return default;
        }

        // Class or value type, then which.
        blob.ReadCompressedInteger();
        return blob.ReadTypeHandle();
    }

    private static string Of(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{Of(reader, outer)}+{reader.GetString(type.Name)}"
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    private static string Join(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
}
