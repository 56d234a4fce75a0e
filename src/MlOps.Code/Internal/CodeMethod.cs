using System.Reflection;
using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>A method whose code is followed.</summary>
internal sealed class CodeMethod
{
    private readonly MethodAttributes _attributes;
    private string? _signature;

    public CodeMethod(CodeType type, MethodDefinitionHandle handle)
    {
        (Type, Handle) = (type, handle);
        Definition = type.Assembly.Reader.GetMethodDefinition(handle);
        _attributes = Definition.Attributes;
        Name = type.Assembly.Reader.GetString(Definition.Name);
        // The one unspeakable name that does not depend on what stands around it.
        IsGenerated = type.IsGenerated || (Name.StartsWith('<') && Name != "<Clone>$");
        var blob = type.Assembly.Reader.GetBlobReader(Definition.Signature);
        var header = blob.ReadSignatureHeader();
        Arity = header.IsGeneric ? Skip(blob.ReadCompressedInteger(), ref blob) : blob.ReadCompressedInteger();
    }

    public CodeType Type { get; }

    public MethodDefinitionHandle Handle { get; }

    public MethodDefinition Definition { get; }

    public string Name { get; }

    /// <summary>Whether the compiler made and named it: a lambda, a local function, a member of a closure or a state machine.</summary>
    public bool IsGenerated { get; }

    /// <summary>How many parameters it has.</summary>
    public int Arity { get; }

    public bool IsVirtual => (_attributes & MethodAttributes.Virtual) != 0;

    public bool IsStatic => (_attributes & MethodAttributes.Static) != 0;

    /// <summary>Whether it opens a slot of its own instead of filling one of a base type.</summary>
    public bool IsNewSlot => (_attributes & MethodAttributes.NewSlot) != 0;

    /// <summary>Parameters and result by the names in the metadata: what a reference from another assembly is held against.</summary>
    public string Signature => _signature ??= SignatureNames.Spell(Definition.DecodeSignature(Type.Assembly.Names, null));

    /// <summary>What it says, once it was asked for.</summary>
    public Unit? Unit { get; set; }

    public override string ToString() => $"{Type.Name}.{Name}";

    private static int Skip(int generic, ref BlobReader blob) => generic >= 0 ? blob.ReadCompressedInteger() : 0;
}
