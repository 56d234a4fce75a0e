using System.Buffers;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Text;
using MlOps.Content;

namespace MlOps.Code.Internal;

/// <summary>A method or a type that people named, with all that the compiler made of it: what it says, as bytes, and what it mentions.</summary>
/// <remarks>What the compiler made has names that change with what stands around it, so here they are numbered as they are met, and their code
/// is part of what mentions them.</remarks>
internal sealed partial class Unit(CodeAssembly assembly, CodeAssemblies assemblies) : SignatureNames
{
    // Units are made one after another, each from beginning to end: they share what they are made with.
    private readonly ArrayBufferWriter<byte> _text = assemblies.Scratch.Text;
    private readonly Dictionary<object, string> _numbered = assemblies.Scratch.Numbered;
    private readonly Queue<CodeMethod> _pending = assemblies.Scratch.Pending;
    private readonly HashSet<CodeMethod> _made = assemblies.Scratch.Made;
    private readonly HashSet<CodeType> _live = assemblies.Scratch.Live;
    private readonly List<Mention> _mentions = assemblies.Scratch.Mentions;
    private int _numberings;

    private MetadataReader Reader => assembly.Reader;

    /// <summary>The sha256 of what it says.</summary>
    public Digest Digest { get; private set; }

    /// <summary>Itself and the methods that the compiler made for it; those of a type that is none.</summary>
    public IEnumerable<CodeMethod> Methods { get; private set; } = [];

    /// <summary>What it mentions, each once, in the order of its text.</summary>
    public IReadOnlyList<Mention> Mentions { get; private set; } = [];

    /// <summary>What a method does.</summary>
    public static Unit OfMethod(CodeMethod method, CodeAssemblies assemblies)
    {
        var unit = new Unit(method.Type.Assembly, assemblies);
        unit.WriteMethod(method);
        while (unit._pending.TryDequeue(out var made))
        {
            unit.WriteMethod(made);
        }

        unit.Methods = unit._made.Count == 0 ? [method] : [method, .. unit._made];
        return unit.Finish();
    }

    /// <summary>What casts, calls and copies ask of a type: its base, its interfaces, how a value of it is laid out.</summary>
    public static Unit OfType(CodeType type, CodeAssemblies assemblies)
    {
        var unit = new Unit(type.Assembly, assemblies);
        unit.WriteType(type);
        unit.Methods = type.Methods;
        return unit.Finish();
    }

    /// <summary>An enumeration's members, which its values turn into as text, perhaps by their attributes.</summary>
    public static Unit OfMembers(CodeType type, CodeAssemblies assemblies)
    {
        var unit = new Unit(type.Assembly, assemblies);
        foreach (var flags in MetadataText.Attributes(unit.Reader, type.Definition.GetCustomAttributes(), attribute => attribute == "System.FlagsAttribute"))
        {
            unit.Write(flags);
        }

        foreach (var handle in type.Definition.GetFields())
        {
            var field = unit.Reader.GetFieldDefinition(handle);
            if (!field.GetDefaultValue().IsNil)
            {
                unit.Write(unit.Reader.GetString(field.Name));
                unit.Write(unit.Reader.GetBlobBytes(unit.Reader.GetConstant(field.GetDefaultValue()).Value));
                unit.WriteAttributes(field.GetCustomAttributes());
            }
        }

        return unit.Finish();
    }

    /// <inheritdoc/>
    protected override CodeType Definition(TypeDefinitionHandle handle) => assembly[handle];

    /// <inheritdoc/>
    protected override TypeText Name(CodeType type)
    {
        if (type.IsValueType)
        {
            Live(type);
        }

        return new(type.IsGenerated ? Number(type) : type.Name, type);
    }

    /// <inheritdoc/>
    protected override TypeText Name(MetadataReader reader, TypeReferenceHandle handle)
    {
        var referred = assemblies.Referred(assembly, handle);
        if (referred.Text.Type is { } type)
        {
            return Name(type);
        }

        if (referred.Package is { } package)
        {
            Mention(MentionKind.Package, package);
        }

        return referred.Text;
    }

    /// <inheritdoc/>
    protected override void Construct(string generic, ImmutableArray<TypeText> arguments)
    {
        if (KnownApis.MakesNothing(generic))
        {
            return;
        }

        foreach (var argument in arguments)
        {
            // Generic code may make one (new()), name it or compare it.
            if (argument.Type is { } type)
            {
                Make(type);
            }
        }
    }

    /// <summary>A value of the type may come to be from here on, by its parameterless constructor if by any that is not called.</summary>
    private void Make(CodeType type)
    {
        Live(type);
        if (type.IsEnum)
        {
            Mention(MentionKind.Members, type);
        }

        if (type is { IsAbstract: false, IsGenerated: false } && type.MethodsNamed(".ctor").FirstOrDefault(method => method.Arity == 0) is { } constructor)
        {
            Reach(constructor);
        }
    }

    private void Live(CodeType type)
    {
        if (!type.IsGenerated)
        {
            Mention(MentionKind.Live, type);
        }
        else if (_live.Add(type))
        {
            foreach (var method in type.Methods.Where(method => method.IsVirtual).OrderBy(method => method.Name, StringComparer.Ordinal))
            {
                Reach(method);
            }
        }
    }

    private void Reach(CodeMethod method)
    {
        if (!method.IsGenerated || method.Type.Assembly != assembly)
        {
            Mention(MentionKind.Method, method);
        }
        else
        {
            _numberings++;
            if (_made.Add(method))
            {
                _pending.Enqueue(method);
                Initialise(method.Type);
            }
        }
    }

    private void Initialise(CodeType type)
    {
        if (type.StaticConstructor is { } constructor)
        {
            Reach(constructor);
        }
    }

    private string Number(object made)
    {
        _numberings++;
        if (!_numbered.TryGetValue(made, out var number))
        {
            _numbered[made] = number = $"${_numbered.Count}";
        }

        return number;
    }

    private void WriteType(CodeType type)
    {
        var definition = type.Definition;
        Write($"{(type.IsInterface ? "interface" : type.IsValueType ? "value" : "class")} {definition.GetGenericParameters().Count}");
        Write(definition.BaseType.IsNil ? "" : Mentioned(definition.BaseType));
        foreach (var text in definition.GetInterfaceImplementations().Select(handle => Mentioned(Reader.GetInterfaceImplementation(handle).Interface)).Order(StringComparer.Ordinal))
        {
            Write(text);
        }

        var layout = definition.GetLayout();
        Write($"{definition.Attributes & TypeAttributes.LayoutMask} {layout.PackingSize} {layout.Size}");
        if (type.IsValueType || (definition.Attributes & TypeAttributes.LayoutMask) != TypeAttributes.AutoLayout)
        {
            foreach (var field in definition.GetFields().Select(Reader.GetFieldDefinition).Where(field => (field.Attributes & FieldAttributes.Static) == 0))
            {
                // The name tells fields of one type apart that change places.
                Write($"{field.DecodeSignature(this, null)} {NameOf(type, Reader.GetString(field.Name))} {field.GetOffset()}");
                Write(field.GetMarshallingDescriptor() is { IsNil: false } marshalling ? Reader.GetBlobBytes(marshalling) : []);
            }
        }

        foreach (var blob in MetadataText.Attributes(Reader, definition.GetCustomAttributes(), MetadataText.IsOfRuntime))
        {
            Write(blob);
        }
    }

    /// <summary>The text of a type whose facts matter here.</summary>
    private string Mentioned(EntityHandle handle)
    {
        var type = TypeOf(handle);
        if (type.Type is { IsGenerated: false } followed)
        {
            Mention(MentionKind.Type, followed);
        }

        return type.Text;
    }

    private TypeText TypeOf(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => Name(assembly[(TypeDefinitionHandle)handle]),
        HandleKind.TypeReference => Name(Reader, (TypeReferenceHandle)handle),
        _ => Reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null),
    };

    private void Write(string text)
    {
        var span = _text.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        var length = Encoding.UTF8.GetBytes(text, span);
        span[length] = (byte)'\n';
        _text.Advance(length + 1);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        BitConverter.TryWriteBytes(_text.GetSpan(4), bytes.Length);
        _text.Advance(4);
        _text.Write(bytes);
    }

    private void Mention(MentionKind kind, object subject) => _mentions.Add(new(kind, subject));

    private Unit Finish()
    {
        Digest = Digest.Of(_text.WrittenSpan);
        Mentions = assemblies.Scratch.Distinct();
        assemblies.Scratch.Clear();
        return this;
    }
}
