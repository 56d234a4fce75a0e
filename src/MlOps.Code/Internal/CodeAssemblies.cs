using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>The assemblies whose code is followed, and how their types descend from each other.</summary>
/// <param name="followed">The assemblies.</param>
/// <param name="packages">For assemblies of packages, by simple name, the package's name and version.</param>
internal sealed class CodeAssemblies(IEnumerable<CodeAssembly> followed, IReadOnlyDictionary<string, string> packages)
{
    private readonly Dictionary<string, CodeAssembly> _byName = followed.ToDictionary(assembly => assembly.Name, StringComparer.Ordinal);
    private readonly Dictionary<CodeType, Ancestry> _ancestries = [];
    private readonly Dictionary<(MentionKind, object), Unit> _units = [];
    private ILookup<CodeType, CodeType>? _subtypes;

    public IEnumerable<CodeAssembly> All => _byName.Values;

    /// <summary>What the next unit is made with.</summary>
    public UnitScratch Scratch { get; } = new();

    public CodeAssembly? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The package that an assembly is of; null for the framework and for what is followed.</summary>
    public string? Package(string assembly, Version version) => packages.TryGetValue(assembly, out var package) ? package
        : _byName.ContainsKey(assembly) || IsFramework(assembly) ? null
        : $"{assembly} {version}";

    /// <summary>What a reference to another assembly's type means.</summary>
    public TypeReferred Referred(CodeAssembly from, TypeReferenceHandle handle)
    {
        if (!from.References.TryGetValue(handle, out var known))
        {
            var name = TypeNames.Of(from.Reader, handle);
            from.References[handle] = known = TypeNames.AssemblyOf(from.Reader, handle) is not { } home ? new(new(name), null)
                : from.Reader.GetString(home.Name) is var simple && Find(simple)?.Find(name) is { } type ? new(new(name, type), null)
                : new(new(name), Package(simple, home.Version));
        }

        return known;
    }

    /// <summary>What a method, a type, an enumeration's members or a type as reflection sees it say; made once for all entries.</summary>
    public Unit Unit(MentionKind kind, object subject)
    {
        if (kind == MentionKind.Method)
        {
            var method = (CodeMethod)subject;
            return method.Unit ??= Internal.Unit.OfMethod(method, this);
        }

        if (!_units.TryGetValue((kind, subject), out var known))
        {
            _units[(kind, subject)] = known = kind switch
            {
                MentionKind.Type => Internal.Unit.OfType((CodeType)subject, this),
                MentionKind.Members => Internal.Unit.OfMembers((CodeType)subject, this),
                MentionKind.Whole => Internal.Unit.OfMetadata((CodeType)subject, this),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }

        return known;
    }

    public CodeType? BaseOf(CodeType type) => Resolve(type.Assembly, type.Definition.BaseType);

    public Ancestry Ancestry(CodeType type)
    {
        if (!_ancestries.TryGetValue(type, out var known))
        {
            _ancestries[type] = known = new(type);
            if (!type.Definition.BaseType.IsNil)
            {
                Inherit(known, type.Assembly, type.Definition.BaseType, isInterface: false);
            }

            foreach (var handle in type.Definition.GetInterfaceImplementations())
            {
                Inherit(known, type.Assembly, type.Assembly.Reader.GetInterfaceImplementation(handle).Interface, isInterface: true);
            }
        }

        return known;
    }

    /// <summary>The followed types whose values are values of the type, itself among them.</summary>
    public IEnumerable<CodeType> Subtypes(CodeType type)
    {
        _subtypes ??= All.SelectMany(assembly => assembly.Types).Where(sub => !sub.IsGenerated)
            .SelectMany(sub => Ancestry(sub).Followed.Select(ancestor => (ancestor, sub)))
            .ToLookup(pair => pair.ancestor, pair => pair.sub);
        return _subtypes[type];
    }

    /// <summary>The followed types that stand in the types of instance fields.</summary>
    public IEnumerable<CodeType> HeldBy(CodeType type)
    {
        var found = new FoundTypes(this, type.Assembly);
        foreach (var handle in type.Definition.GetFields())
        {
            var field = type.Assembly.Reader.GetFieldDefinition(handle);
            if ((field.Attributes & System.Reflection.FieldAttributes.Static) == 0)
            {
                field.DecodeSignature(found, null);
            }
        }

        return found.Types;
    }

    /// <summary>The followed types that a method takes and gives.</summary>
    public IEnumerable<CodeType> TakenBy(CodeMethod method)
    {
        var found = new FoundTypes(this, method.Type.Assembly);
        method.Definition.DecodeSignature(found, null);
        return found.Types;
    }

    /// <summary>Whether the framework or a package may call a method of a type's value through a slot of its own.</summary>
    public bool MayFillForeignSlot(CodeType type, CodeMethod method)
    {
        if (method.Type.Explicit(method).Any(slot => All.All(assembly => assembly.Find(slot.Type) is null)))
        {
            return true;
        }

        if (!method.IsVirtual)
        {
            return false;
        }

        if (method.IsNewSlot)
        {
            return Ancestry(type).ForeignInterfaces.Any(foreign => KnownApis.MayHave(foreign, method.Name));
        }

        for (var home = BaseOf(method.Type); home is not null; home = BaseOf(home))
        {
            if (home.MethodsNamed(method.Name).FirstOrDefault(inherited => inherited.IsVirtual && inherited.Signature == method.Signature) is { } inherited)
            {
                return MayFillForeignSlot(type, inherited);
            }
        }

        return true;
    }

    public CodeType? Resolve(CodeAssembly from, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition when !handle.IsNil:
                return from[(TypeDefinitionHandle)handle];
            case HandleKind.TypeReference when !handle.IsNil && TypeNames.AssemblyOf(from.Reader, (TypeReferenceHandle)handle) is { } home:
                return Find(from.Reader.GetString(home.Name))?.Find(TypeNames.Of(from.Reader, handle));
            case HandleKind.TypeSpecification when TypeNames.Definition(from.Reader, (TypeSpecificationHandle)handle) is { IsNil: false } definition:
                return Resolve(from, definition);
            default:
                return null;
        }
    }

    private void Inherit(Ancestry heir, CodeAssembly from, EntityHandle handle, bool isInterface)
    {
        if (Resolve(from, handle) is { } ancestor)
        {
            heir.Add(Ancestry(ancestor));
        }
        else if (isInterface)
        {
            heir.ForeignInterfaces.Add(TypeNames.Of(from.Reader, handle));
        }
        else if (TypeNames.Of(from.Reader, handle) is not ("System.Object" or "System.ValueType" or "System.Enum"))
        {
            // A foreign base may implement whatever interfaces; their members are overridden or hidden by name.
            heir.ForeignInterfaces.Add(TypeNames.Of(from.Reader, handle));
        }
    }

    private static bool IsFramework(string assembly) => assembly is "System" or "mscorlib" or "netstandard" or "Microsoft.CSharp" or "WindowsBase"
        || assembly.StartsWith("System.", StringComparison.Ordinal) || assembly.StartsWith("Microsoft.Win32.", StringComparison.Ordinal)
        || assembly.StartsWith("Microsoft.VisualBasic", StringComparison.Ordinal);

    private sealed class FoundTypes(CodeAssemblies assemblies, CodeAssembly assembly) : SignatureNames
    {
        public HashSet<CodeType> Types { get; } = [];

        protected override CodeType Definition(TypeDefinitionHandle handle) => assembly[handle];

        protected override TypeText Name(CodeType type)
        {
            Types.Add(type);
            return new(type.Name, type);
        }

        protected override TypeText Name(MetadataReader reader, TypeReferenceHandle handle) =>
            assemblies.Resolve(assembly, handle) is { } type ? Name(type) : new(TypeNames.Of(reader, handle));
    }
}

/// <summary>A type with its bases and interfaces.</summary>
internal sealed class Ancestry
{
    private readonly HashSet<CodeType> _followed;

    public Ancestry(CodeType type) => (_followed, Followed) = ([type], [type]);

    /// <summary>Those whose code is followed, the type itself first.</summary>
    public List<CodeType> Followed { get; }

    /// <summary>Interfaces of the framework or of packages, and bases from there other than object.</summary>
    public HashSet<string> ForeignInterfaces { get; } = new(StringComparer.Ordinal);

    public bool Has(CodeType type) => _followed.Contains(type);

    public void Add(Ancestry inherited)
    {
        ForeignInterfaces.UnionWith(inherited.ForeignInterfaces);
        Followed.AddRange(inherited.Followed.Where(_followed.Add));
    }
}
