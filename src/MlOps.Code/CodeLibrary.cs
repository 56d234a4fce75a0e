using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Text;
using MlOps.Code.Internal;

namespace MlOps.Code;

/// <summary>Where a program is entered: a method by the full name of its type and its own, with all its overloads; or all that a type offers.</summary>
/// <param name="Type">As in metadata: <c>Namespace.Outer+Inner</c>.</param>
/// <param name="Method">Null for the type's constructors and public methods.</param>
public readonly record struct CodeEntry(string Type, string? Method = null);

/// <summary>A method as callers see it.</summary>
/// <param name="IsOpen">Whether anybody may call it without an object: it is public and static in a public type, neither generic.</param>
/// <param name="Parameters">Their types, as <c>Double</c>, <c>System.DateTimeOffset</c>, <c>System.Nullable`1&lt;Double&gt;</c>.</param>
/// <param name="Result">The type of what it returns.</param>
/// <param name="Token">Its token in its assembly.</param>
/// <param name="Nullability">Per parameter what the compiler noted of null: 0 nothing, 1 never, 2 perhaps.</param>
public sealed record CodeSignature(bool IsOpen, IReadOnlyList<string> Parameters, string Result, int Token, string Nullability);

/// <summary>A method as the type that it stands in has it.</summary>
/// <param name="IsPublic">Whether anybody may call it.</param>
/// <param name="IsSpecial">Whether it is a constructor, an accessor or an operator.</param>
/// <param name="IsOverride">Whether it takes the place of one of a base type.</param>
/// <param name="Signature">What it takes and gives.</param>
public sealed record CodeMember(string Name, bool IsPublic, bool IsStatic, bool IsSpecial, bool IsOverride, bool IsAbstract, CodeSignature Signature)
{
    /// <summary>Whether it has parameters of types of its own.</summary>
    public bool IsGeneric { get; init; }

    /// <summary>Whether it was written with <c>async</c>.</summary>
    public bool IsAsync { get; init; }

    /// <summary>How many of its parameters have no default.</summary>
    public int Required { get; init; }
}

/// <summary>A type as those see it who look for what it offers.</summary>
/// <param name="Base">The full name of what it derives from; empty for nothing.</param>
/// <param name="IsFollowed">Whether its base is among the followed types of the same assembly.</param>
/// <param name="IsOpen">Whether anybody may name it, and it has no parameters of types.</param>
/// <param name="Members">Its own methods, without those that the compiler named.</param>
public sealed record CodeShape(string Name, string Base, bool IsFollowed, bool IsOpen, bool IsAbstract, IReadOnlyList<CodeMember> Members);

/// <summary>Assemblies whose code is followed, from entries to all they can reach.</summary>
/// <remarks>References into the framework count by name, into packages by name and version.</remarks>
public sealed class CodeLibrary : IDisposable
{
    private const string Compiler = "System.Runtime.CompilerServices.";

    private readonly List<CodeAssembly> _followed = [];
    private readonly CodeAssemblies _assemblies;

    /// <param name="images">The assemblies' bytes: deterministic, untrimmed, compiled for release.</param>
    /// <param name="packages">For assemblies of packages, by simple name, the package's name and version; for others their assembly's.</param>
    /// <exception cref="BadImageFormatException">One is no managed assembly.</exception>
    public CodeLibrary(IEnumerable<byte[]> images, IReadOnlyDictionary<string, string>? packages = null)
    {
        _followed.AddRange(images.Select(image => new CodeAssembly(image)));
        _assemblies = new(_followed, packages ?? new Dictionary<string, string>());
    }

    /// <summary>Follows entries.</summary>
    /// <param name="entries">Together they are one program.</param>
    /// <param name="seams">Full names of types whose virtual methods are not followed from their calls: the entries name what stands behind them.</param>
    /// <param name="reflectors">Full names of types that look at other assemblies than these as data, which widens nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">There is no such entry.</exception>
    public CodeFingerprint Fingerprint(
        IEnumerable<CodeEntry> entries, IReadOnlySet<string>? seams = null, IReadOnlySet<string>? reflectors = null, CancellationToken cancellationToken = default)
    {
        var reach = new Reach(_assemblies, seams ?? new HashSet<string>(), reflectors ?? new HashSet<string>());
        foreach (var entry in entries)
        {
            foreach (var method in Methods(entry))
            {
                Enter(reach, method);
            }
        }

        reach.Run(cancellationToken);
        ReachedMember[] members = [.. reach.Members];
        Array.Sort(Array.ConvertAll(members, member => member.Name), members, StringComparer.Ordinal);
        return new(members, reach.Concerns);
    }

    /// <summary>The methods that an entry names; none where there is no such type or method.</summary>
    public IReadOnlyList<CodeSignature> Find(CodeEntry entry) => TypeOf(entry) is not { } type ? [] : [.. type.MethodsNamed(entry.Method!).Select(Signature)];

    /// <summary>A type of an assembly; null where there is none.</summary>
    /// <param name="assembly">Its simple name.</param>
    /// <param name="type">As in metadata.</param>
    public CodeShape? Shape(string assembly, string type) =>
        _followed.FirstOrDefault(followed => followed.Name == assembly)?.Find(type) is { IsGenerated: false } found ? Shape(found) : null;

    /// <summary>The types of an assembly that anybody may name.</summary>
    /// <param name="assembly">Its simple name.</param>
    public IEnumerable<CodeShape> Shapes(string assembly) => _followed.Where(followed => followed.Name == assembly)
        .SelectMany(followed => followed.Types).Where(type => !type.IsGenerated).Select(Shape).Where(shape => shape.IsOpen);

    /// <summary>The full names of all methods that anybody may call without an object, of one assembly; no accessors, no operators.</summary>
    /// <param name="assembly">Its simple name.</param>
    public IEnumerable<string> OpenMethods(string assembly) => _followed.Where(followed => followed.Name == assembly)
        .SelectMany(followed => followed.Types).Where(type => !type.IsGenerated).SelectMany(type => type.Methods)
        .Where(method => !method.IsGenerated && !IsSpecial(method) && Signature(method).IsOpen)
        .Select(method => $"{method.Type.Name}.{method.Name}");

    /// <inheritdoc/>
    public void Dispose() => _followed.ForEach(assembly => assembly.Dispose());

    private void Enter(Reach reach, CodeMethod method)
    {
        reach.Method(method);
        if (!method.IsStatic)
        {
            reach.Live(method.Type);
        }

        foreach (var taken in _assemblies.TakenBy(method))
        {
            reach.Open(taken);
        }
    }

    private List<CodeMethod> Methods(CodeEntry entry)
    {
        var type = TypeOf(entry) ?? throw new ArgumentException($"there is no type {entry.Type}", nameof(entry));
        List<CodeMethod> methods = [.. type.Methods.Where(method => entry.Method is null
            ? (method.Definition.Attributes & System.Reflection.MethodAttributes.MemberAccessMask) == System.Reflection.MethodAttributes.Public
            : method.Name == entry.Method)];
        return methods.Count > 0 ? methods : throw new ArgumentException($"type {entry.Type} has no method {entry.Method}", nameof(entry));
    }

    private CodeType? TypeOf(CodeEntry entry) => _followed.Select(assembly => assembly.Find(entry.Type)).FirstOrDefault(found => found is not null);

    private static CodeShape Shape(CodeType type)
    {
        var isOpen = type.Definition.GetGenericParameters().Count == 0;
        for (var outer = type; outer is not null; outer = outer.Outer)
        {
            isOpen &= (outer.Definition.Attributes & System.Reflection.TypeAttributes.VisibilityMask) is System.Reflection.TypeAttributes.Public or System.Reflection.TypeAttributes.NestedPublic;
        }

        return new(
            type.Name,
            type.Definition.BaseType.IsNil ? "" : TypeNames.Of(type.Assembly.Reader, type.Definition.BaseType),
            type.Definition.BaseType.Kind == HandleKind.TypeDefinition,
            isOpen,
            type.IsAbstract,
            [.. type.Methods.Where(method => !method.IsGenerated).Select(Member)]);
    }

    private static CodeMember Member(CodeMethod method) => new(
        method.Name,
        (method.Definition.Attributes & System.Reflection.MethodAttributes.MemberAccessMask) == System.Reflection.MethodAttributes.Public,
        method.IsStatic,
        IsSpecial(method),
        method.IsVirtual && !method.IsNewSlot,
        (method.Definition.Attributes & System.Reflection.MethodAttributes.Abstract) != 0,
        Signature(method))
    {
        IsGeneric = method.Definition.GetGenericParameters().Count > 0,
        IsAsync = MetadataText.Attributes(method.Type.Assembly.Reader, method.Definition.GetCustomAttributes(), type => type == $"{Compiler}AsyncStateMachineAttribute").Any(),
        Required = method.Definition.GetParameters().Select(method.Type.Assembly.Reader.GetParameter)
            .Count(parameter => parameter.SequenceNumber > 0 && (parameter.Attributes & System.Reflection.ParameterAttributes.Optional) == 0),
    };

    private static bool IsSpecial(CodeMethod method) => (method.Definition.Attributes & System.Reflection.MethodAttributes.SpecialName) != 0;

    private static CodeSignature Signature(CodeMethod method)
    {
        var signature = method.Definition.DecodeSignature(method.Type.Assembly.Names, null);
        var isPublic = (method.Definition.Attributes & System.Reflection.MethodAttributes.MemberAccessMask) == System.Reflection.MethodAttributes.Public
            && (method.Type.Definition.Attributes & System.Reflection.TypeAttributes.VisibilityMask) is System.Reflection.TypeAttributes.Public or System.Reflection.TypeAttributes.NestedPublic;
        return new(
            isPublic && method.IsStatic && signature.GenericParameterCount == 0 && method.Type.Definition.GetGenericParameters().Count == 0,
            [.. signature.ParameterTypes.Select(type => type.Text)],
            signature.ReturnType.Text,
            MetadataTokens.GetToken(method.Handle),
            string.Join(' ', method.Definition.GetParameters().Select(method.Type.Assembly.Reader.GetParameter).Where(parameter => parameter.SequenceNumber > 0)
                .Select(parameter => Annotation(method.Type.Assembly.Reader, parameter.GetCustomAttributes(), "Nullable") ?? Context(method))));
    }

    /// <summary>Whether parameters that say nothing of it may be null: as the method says, or the types around it.</summary>
    private static string Context(CodeMethod method)
    {
        var reader = method.Type.Assembly.Reader;
        var said = Annotation(reader, method.Definition.GetCustomAttributes(), "NullableContext");
        for (CodeType? type = method.Type; said is null && type is not null; type = type.Outer)
        {
            said = Annotation(reader, type.Definition.GetCustomAttributes(), "NullableContext");
        }

        return said ?? Annotation(reader, reader.GetModuleDefinition().GetCustomAttributes(), "NullableContext") ?? "0";
    }

    private static string? Annotation(MetadataReader reader, CustomAttributeHandleCollection attributes, string name) =>
        MetadataText.Attributes(reader, attributes, type => type == $"{Compiler}{name}Attribute").Select(blob => Flag(blob.AsSpan(Encoding.UTF8.GetByteCount(Compiler) + name.Length + "Attribute".Length + 1))).FirstOrDefault();

    // After the prolog either one flag, or their number and then the flags: the first is the type's own.
    private static string Flag(ReadOnlySpan<byte> value) => (value.Length == 5 ? value[2] : value[6]).ToString(CultureInfo.InvariantCulture);
}
