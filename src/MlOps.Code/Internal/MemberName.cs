using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>A member by the full name of its type's definition, whatever it is constructed with, and its own.</summary>
internal readonly record struct MemberName(string Type, string Name)
{
    /// <summary>Of a reference to a method or a field, or of a definition.</summary>
    public static MemberName Of(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.MethodDefinition)
        {
            var method = reader.GetMethodDefinition((MethodDefinitionHandle)handle);
            return new(TypeNames.Of(reader, method.GetDeclaringType()), reader.GetString(method.Name));
        }

        var member = reader.GetMemberReference((MemberReferenceHandle)handle);
        return new(TypeNames.Of(reader, member.Parent), reader.GetString(member.Name));
    }
}
