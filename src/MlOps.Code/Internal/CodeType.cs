using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>A type whose code is followed.</summary>
internal sealed class CodeType
{
    private IReadOnlyList<CodeMethod>? _methods;
    private ILookup<string, CodeMethod>? _byName;
    private bool _isInitialiserKnown;
    private CodeMethod? _initialiser;
    private Dictionary<CodeMethod, List<MemberName>>? _explicit;

    public CodeType(CodeAssembly assembly, TypeDefinitionHandle handle)
    {
        Assembly = assembly;
        Handle = handle;
        Definition = assembly.Reader.GetTypeDefinition(handle);
        var simple = assembly.Reader.GetString(Definition.Name);
        var outer = Definition.GetDeclaringType();
        Outer = outer.IsNil ? null : assembly[outer];
        var isOfFile = IsOfFile(simple, out var visible);
        IsModule = simple == "<Module>";
        IsGenerated = Outer is { IsGenerated: true } || (simple.StartsWith('<') && !isOfFile && !IsModule);
        var space = assembly.Reader.GetString(Definition.Namespace);
        Name = Outer is not null ? $"{Outer.Name}+{visible}" : space.Length == 0 ? visible : $"{space}.{visible}";
        var attributes = Definition.Attributes;
        (IsInterface, IsAbstract) = ((attributes & TypeAttributes.Interface) != 0, (attributes & TypeAttributes.Abstract) != 0);
        var parent = Definition.BaseType.IsNil || Definition.BaseType.Kind != HandleKind.TypeReference ? "" : TypeNames.Of(assembly.Reader, (TypeReferenceHandle)Definition.BaseType);
        (IsEnum, IsValueType) = (parent == "System.Enum", parent is "System.ValueType" or "System.Enum");
    }

    public CodeAssembly Assembly { get; }

    public TypeDefinitionHandle Handle { get; }

    public TypeDefinition Definition { get; }

    /// <summary>Namespace, outer types and name with the number of its parameters: <c>A.B.Outer`1+Inner</c>.</summary>
    public string Name { get; private set; }

    public CodeType? Outer { get; }

    /// <summary>Whether the compiler made it: closures, state machines, anonymous types. Its name says nothing then.</summary>
    public bool IsGenerated { get; }

    /// <summary>Whether it is what each assembly has for members outside of types.</summary>
    public bool IsModule { get; }

    public bool IsInterface { get; }

    public bool IsAbstract { get; }

    public bool IsEnum { get; }

    public bool IsValueType { get; }

    public IReadOnlyList<CodeMethod> Methods => _methods ??= [.. Definition.GetMethods().Select(method => Assembly[method])];

    public IEnumerable<CodeMethod> MethodsNamed(string name) => (_byName ??= Methods.ToLookup(method => method.Name, StringComparer.Ordinal))[name];

    /// <summary>The initialiser of its static fields; null if there is none.</summary>
    public CodeMethod? StaticConstructor
    {
        get
        {
            if (!_isInitialiserKnown)
            {
                (_initialiser, _isInitialiserKnown) = (MethodsNamed(".cctor").FirstOrDefault(), true);
            }

            return _initialiser;
        }
    }

    /// <summary>The slots that a method fills by declaration rather than by its name.</summary>
    public IReadOnlyList<MemberName> Explicit(CodeMethod method)
    {
        _explicit ??= ReadExplicit();
        return _explicit.TryGetValue(method, out var slots) ? slots : [];
    }

    public override string ToString() => Name;

    /// <summary>Tells types apart that files keep to themselves under one name.</summary>
    internal void Rename(int n) => Name = $"{(n == 1 ? Name : Name[..Name.LastIndexOf('#')])}#{n.ToString(CultureInfo.InvariantCulture)}";

    // The compiler writes `<file>F<hash of its path>__Name` for a file's own type: the path must not matter.
    private static bool IsOfFile(string simple, out string visible)
    {
        var at = simple.StartsWith('<') ? simple.IndexOf(">F", StringComparison.Ordinal) : -1;
        var name = at < 0 ? -1 : simple.IndexOf("__", at, StringComparison.Ordinal);
        visible = name < 0 ? simple : simple[(name + 2)..];
        return name >= 0;
    }

    private Dictionary<CodeMethod, List<MemberName>> ReadExplicit()
    {
        var found = new Dictionary<CodeMethod, List<MemberName>>();
        foreach (var handle in Definition.GetMethodImplementations())
        {
            var implementation = Assembly.Reader.GetMethodImplementation(handle);
            if (implementation.MethodBody.Kind == HandleKind.MethodDefinition)
            {
                var method = Assembly[(MethodDefinitionHandle)implementation.MethodBody];
                (found.TryGetValue(method, out var slots) ? slots : found[method] = []).Add(MemberName.Of(Assembly.Reader, implementation.MethodDeclaration));
            }
        }

        return found;
    }
}
