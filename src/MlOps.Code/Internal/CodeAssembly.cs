using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace MlOps.Code.Internal;

/// <summary>An assembly whose code is followed: its types by name, its method bodies.</summary>
internal sealed class CodeAssembly : IDisposable
{
    private readonly PEReader _file;
    private readonly Dictionary<TypeDefinitionHandle, CodeType> _types = [];
    private readonly Dictionary<MethodDefinitionHandle, CodeMethod> _methods = [];
    private readonly Dictionary<string, CodeType> _byName = new(StringComparer.Ordinal);

    /// <param name="image">The file's bytes, which nobody changes any more.</param>
    /// <exception cref="BadImageFormatException">It is no managed assembly.</exception>
    public CodeAssembly(byte[] image)
    {
        _file = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(image));
        Reader = _file.GetMetadataReader();
        Names = new(this);
        Name = Reader.GetString(Reader.GetAssemblyDefinition().Name);
        foreach (var handle in Reader.TypeDefinitions)
        {
            // In the order of the table: a nesting type stands before those that it nests.
            var type = new CodeType(this, handle);
            _types.Add(handle, type);
            for (var n = 1; !_byName.TryAdd(type.Name, type); n++)
            {
                // Types that a file keeps to itself may share a name.
                type.Rename(n);
            }
        }
    }

    public MetadataReader Reader { get; }

    /// <summary>The simple name.</summary>
    public string Name { get; }

    /// <summary>What tokens say that say the same everywhere, by instruction and token.</summary>
    public Dictionary<long, (byte[] Text, Mention[] Mentions)> Tokens { get; } = [];

    /// <summary>What references to other assemblies' types mean.</summary>
    public Dictionary<TypeReferenceHandle, TypeReferred> References { get; } = [];

    /// <summary>Spells its signatures.</summary>
    public PlainNames Names { get; }

    /// <summary>All types, also those that the compiler made.</summary>
    public IEnumerable<CodeType> Types => _types.Values;

    public CodeType this[TypeDefinitionHandle handle] => _types[handle];

    public CodeMethod this[MethodDefinitionHandle handle] =>
        _methods.TryGetValue(handle, out var method) ? method : _methods[handle] = new(_types[Reader.GetMethodDefinition(handle).GetDeclaringType()], handle);

    /// <summary>The type of a full name as <see cref="CodeType.Name"/> has it; null if there is none.</summary>
    public CodeType? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The body of a method; null where it has none.</summary>
    public MethodBodyBlock? Body(MethodDefinition method) => method.RelativeVirtualAddress == 0 ? null : _file.GetMethodBody(method.RelativeVirtualAddress);

    /// <summary>The bytes at an address, to the end of their section at most.</summary>
    public BlobReader Data(int address) => _file.GetSectionData(address).GetReader();

    public void Dispose() => _file.Dispose();
}

/// <summary>A type of another assembly.</summary>
/// <param name="Text">Its name, and its definition where that is followed.</param>
/// <param name="Package">The package that has it; null for the framework and for what is followed.</param>
internal readonly record struct TypeReferred(TypeText Text, string? Package);
