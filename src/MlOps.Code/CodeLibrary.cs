using MlOps.Code.Internal;

namespace MlOps.Code;

/// <summary>Where a program is entered: a method by the full name of its type and its own, with all its overloads; or all that a type offers.</summary>
/// <param name="Type">As in metadata: <c>Namespace.Outer+Inner</c>.</param>
/// <param name="Method">Null for the type's constructors and public methods.</param>
public readonly record struct CodeEntry(string Type, string? Method = null);

/// <summary>Assemblies whose code is followed, from entries to all they can reach.</summary>
/// <remarks>References into the framework count by name, into packages by name and version.</remarks>
public sealed class CodeLibrary : IDisposable
{
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
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">There is no such entry.</exception>
    public CodeFingerprint Fingerprint(IEnumerable<CodeEntry> entries, IReadOnlySet<string>? seams = null, CancellationToken cancellationToken = default)
    {
        var reach = new Reach(_assemblies, seams ?? new HashSet<string>());
        foreach (var entry in entries)
        {
            foreach (var method in Methods(entry))
            {
                Enter(reach, method);
            }
        }

        reach.Run(cancellationToken);
        return new([.. reach.Members.OrderBy(member => member.Name, StringComparer.Ordinal)], reach.Concerns);
    }

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
        var type = _followed.Select(assembly => assembly.Find(entry.Type)).FirstOrDefault(found => found is not null)
            ?? throw new ArgumentException($"there is no type {entry.Type}", nameof(entry));
        List<CodeMethod> methods = [.. type.Methods.Where(method => entry.Method is null
            ? (method.Definition.Attributes & System.Reflection.MethodAttributes.MemberAccessMask) == System.Reflection.MethodAttributes.Public
            : method.Name == entry.Method)];
        return methods.Count > 0 ? methods : throw new ArgumentException($"type {entry.Type} has no method {entry.Method}", nameof(entry));
    }
}
