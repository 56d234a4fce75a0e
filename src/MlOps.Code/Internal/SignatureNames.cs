using System.Collections.Immutable;
using System.Globalization;
using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>A type as a signature mentions it: its text, and its definition where that is followed.</summary>
internal readonly record struct TypeText(string Text, CodeType? Type = null)
{
    public override string ToString() => Text;
}

/// <summary>Spells signatures: types by their full names without assemblies, parameters by their numbers.</summary>
internal abstract class SignatureNames : ISignatureTypeProvider<TypeText, object?>
{
    /// <summary>What signatures of methods begin with that are not static.</summary>
    public const string Instance = "instance ";

    private const string InstanceOpen = "instance (";

    private static readonly string[] Primitives = [.. Enumerable.Range(0, 1 + (int)Enum.GetValues<PrimitiveTypeCode>().Max()).Select(code => ((PrimitiveTypeCode)code).ToString())];

    /// <summary>A method's parameters and result.</summary>
    public static string Spell(MethodSignature<TypeText> signature) => string.Concat(
        signature.GenericParameterCount == 0 ? signature.Header.IsInstance ? InstanceOpen : "(" : string.Create(CultureInfo.InvariantCulture, $"{(signature.Header.IsInstance ? Instance : "")}<{signature.GenericParameterCount}>("),
        Join(signature.ParameterTypes),
        "):",
        signature.ReturnType.Text);

    /// <summary>Types with commas between them.</summary>
    public static string Join(ImmutableArray<TypeText> types) => types.Length switch
    {
        0 => "",
        1 => types[0].Text,
        2 => string.Concat(types[0].Text, ",", types[1].Text),
        _ => string.Join(',', types.Select(type => type.Text)),
    };

    /// <summary>A type that is defined where its code is followed.</summary>
    protected abstract TypeText Name(CodeType type);

    /// <summary>A type of another assembly, perhaps of one that is followed.</summary>
    protected abstract TypeText Name(MetadataReader reader, TypeReferenceHandle handle);

    protected abstract CodeType Definition(TypeDefinitionHandle handle);

    /// <summary>Hears what a generic type or method is constructed with.</summary>
    protected virtual void Construct(string generic, ImmutableArray<TypeText> arguments)
    {
    }

    public TypeText GetArrayType(TypeText elementType, ArrayShape shape) => new(string.Create(CultureInfo.InvariantCulture, $"{elementType}[{new string(',', shape.Rank - 1)}]*"));

    public TypeText GetByReferenceType(TypeText elementType) => new(elementType.Text + "&");

    public TypeText GetFunctionPointerType(MethodSignature<TypeText> signature) => new($"method {Spell(signature)}");

    public TypeText GetGenericInstantiation(TypeText genericType, ImmutableArray<TypeText> typeArguments)
    {
        Construct(genericType.Text, typeArguments);
        return genericType with { Text = $"{genericType.Text}<{Join(typeArguments)}>" };
    }

    public TypeText GetGenericMethodParameter(object? genericContext, int index) => new(string.Create(CultureInfo.InvariantCulture, $"!!{index}"));

    public TypeText GetGenericTypeParameter(object? genericContext, int index) => new(string.Create(CultureInfo.InvariantCulture, $"!{index}"));

    public TypeText GetModifiedType(TypeText modifier, TypeText unmodifiedType, bool isRequired) =>
        isRequired ? unmodifiedType with { Text = $"{unmodifiedType} modreq({modifier})" } : unmodifiedType;

    public TypeText GetPinnedType(TypeText elementType) => elementType with { Text = $"{elementType} pinned" };

    public TypeText GetPointerType(TypeText elementType) => new(elementType.Text + "*");

    public TypeText GetPrimitiveType(PrimitiveTypeCode typeCode) => new(Primitives[(int)typeCode]);

    public TypeText GetSZArrayType(TypeText elementType) => new(elementType.Text + "[]");

    public TypeText GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Name(Definition(handle));

    public TypeText GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Name(reader, handle);

    public TypeText GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
}

/// <summary>Spells signatures by the names in the metadata.</summary>
internal sealed class PlainNames(CodeAssembly assembly) : SignatureNames
{
    protected override TypeText Name(CodeType type) => new(TypeNames.Of(type.Assembly.Reader, type.Handle));

    protected override TypeText Name(MetadataReader reader, TypeReferenceHandle handle) => new(TypeNames.Of(reader, handle));

    protected override CodeType Definition(TypeDefinitionHandle handle) => assembly[handle];
}
