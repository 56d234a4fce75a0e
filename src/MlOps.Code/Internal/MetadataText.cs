using System.Reflection.Metadata;
using System.Text;

namespace MlOps.Code.Internal;

/// <summary>Metadata beside code, as bytes: attributes, and how large a field's data are.</summary>
internal static class MetadataText
{
    private static readonly HashSet<string> OfRuntime = new(StringComparer.Ordinal)
    {
        "System.ThreadStaticAttribute",
        "System.Runtime.CompilerServices.InlineArrayAttribute",
        "System.Runtime.CompilerServices.UnsafeAccessorAttribute",
        "System.Runtime.CompilerServices.UnsafeAccessorTypeAttribute",
    };

    /// <summary>Attributes that the runtime itself obeys where code does nothing to read them.</summary>
    public static bool IsOfRuntime(string type) => OfRuntime.Contains(type);

    // Some have names that the compiler numbered, the others say nothing of members.
    private static readonly HashSet<string> OfCompiler = new(
        new[] { "AsyncStateMachine", "AsyncIteratorStateMachine", "IteratorStateMachine", "CompilerGenerated", "CompilationRelaxations", "RuntimeCompatibility", "NullablePublicOnly", "RefSafetyRules", "SkipLocalsInit" }
            .Select(name => $"System.Runtime.CompilerServices.{name}Attribute"), StringComparer.Ordinal);

    /// <summary>Whether an attribute can tell a program something: not what the compiler leaves for compilers and debuggers.</summary>
    public static bool IsSaid(string type) => !OfCompiler.Contains(type)
        && !type.StartsWith("System.Diagnostics.Debug", StringComparison.Ordinal)
        && !type.StartsWith("System.Diagnostics.CodeAnalysis.", StringComparison.Ordinal)
        && type is not ("Microsoft.CodeAnalysis.EmbeddedAttribute" or "System.CodeDom.Compiler.GeneratedCodeAttribute");

    /// <summary>The attributes that a filter takes by the names of their types, each with its arguments, in ordinal order of names.</summary>
    public static IEnumerable<byte[]> Attributes(MetadataReader reader, CustomAttributeHandleCollection handles, Func<string, bool> filter)
    {
        if (handles.Count == 0)
        {
            return [];
        }

        var found = new List<(string Type, byte[] Value)>();
        foreach (var handle in handles)
        {
            var attribute = reader.GetCustomAttribute(handle);
            var type = MemberName.Of(reader, attribute.Constructor).Type;
            if (filter(type))
            {
                found.Add((type, [.. Encoding.UTF8.GetBytes(type), 0, .. reader.GetBlobBytes(attribute.Value)]));
            }
        }

        return found.OrderBy(attribute => attribute.Type, StringComparer.Ordinal).ThenBy(attribute => Convert.ToHexString(attribute.Value), StringComparer.Ordinal)
            .Select(attribute => attribute.Value);
    }

    /// <summary>How many bytes a field's initial data have.</summary>
    public static int SizeOf(CodeAssembly assembly, FieldDefinition field)
    {
        var blob = assembly.Reader.GetBlobReader(field.Signature);
        blob.ReadSignatureHeader();
        switch (blob.ReadSignatureTypeCode())
        {
            case SignatureTypeCode.Boolean or SignatureTypeCode.SByte or SignatureTypeCode.Byte:
                return 1;
            case SignatureTypeCode.Char or SignatureTypeCode.Int16 or SignatureTypeCode.UInt16:
                return 2;
            case SignatureTypeCode.Int32 or SignatureTypeCode.UInt32 or SignatureTypeCode.Single:
                return 4;
            case SignatureTypeCode.Int64 or SignatureTypeCode.UInt64 or SignatureTypeCode.Double:
                return 8;
            case SignatureTypeCode.TypeHandle:
                return blob.ReadTypeHandle() is { Kind: HandleKind.TypeDefinition } type
                    ? assembly.Reader.GetTypeDefinition((TypeDefinitionHandle)type).GetLayout().Size : int.MaxValue;
            default:
                return int.MaxValue;
        }
    }
}
