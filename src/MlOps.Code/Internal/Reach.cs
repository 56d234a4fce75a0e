using System.Collections.Immutable;
using System.Reflection.Metadata;
using MlOps.Content;

namespace MlOps.Code.Internal;

/// <summary>All that entries can reach: methods they call, overrides that calls may mean, initialisers, types, packages.</summary>
/// <remarks>Rapid type analysis (Bacon and Sweeney, OOPSLA 1996): a virtual call means the overrides of types that reachable code makes. What
/// fills a slot of the framework counts as called as soon as its type is made.</remarks>
internal sealed partial class Reach(CodeAssemblies assemblies, IReadOnlySet<string> seams)
{
    private readonly Dictionary<string, ReachedMember> _members = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, string? From, Func<Digest> Hash)> _pending = [];
    private readonly HashSet<object> _seen = [];
    private readonly List<CodeConcern> _concerns = [];
    private string? _current;

    /// <summary>What was reached, by name.</summary>
    public IEnumerable<ReachedMember> Reached => _members.Values;

    /// <summary>Calls that make a result depend on more than the inputs, or that were widened for.</summary>
    public IReadOnlyList<CodeConcern> Concerns => _concerns;

    /// <summary>Follows everything that waits.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        while (_pending.TryDequeue(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _current = next.Name;
            Add(next.Name, next.Hash(), next.From);
        }

        _current = null;
    }

    public CodeType? Find(string assembly, string type) => assemblies.Find(assembly)?.Find(type);

    public CodeType? BaseOf(CodeType type) => assemblies.BaseOf(type);

    public void Method(CodeMethod method)
    {
        if (_seen.Add(method))
        {
            Later(NameOf(method), () => Unit.OfMethod(method, this));
            Touch(method.Type.Assembly);
            if (method.Type.StaticConstructor is { } initialiser)
            {
                Method(initialiser);
            }
        }
    }

    public void Type(CodeType type)
    {
        if (_seen.Add(type))
        {
            Later($"type {type.Name}", () => Unit.OfType(type, this));
            Touch(type.Assembly);
        }
    }

    /// <summary>The names and numbers of an enumeration's members matter.</summary>
    public void Members(CodeType type)
    {
        if (_seen.Add((type, "members")))
        {
            Later($"members of {type.Name}", () => Unit.OfMembers(type, this));
        }
    }

    /// <summary>Another assembly is mentioned: a package's name and version matter, the framework's do not.</summary>
    public void Mention(string assembly, Version version)
    {
        if (assemblies.Package(assembly, version) is { } package && _seen.Add(package))
        {
            Add($"package {package}", Digest.Of(package), _current);
        }
    }

    /// <summary>A member is used that is not followed.</summary>
    public void External(AssemblyReference? home, MemberName member, MethodSignature<TypeText>? signature, string arguments, CallSite site)
    {
        var isPackage = home is { } reference && assemblies.Package(site.Method.Type.Assembly.Reader.GetString(reference.Name), reference.Version) is not null;
        if (isPackage ? KnownApis.MayReflect(signature, arguments) : KnownApis.Reflects(member, signature))
        {
            Widen(site.Method.Type.Assembly, site.Method, $"{member.Type}.{member.Name} sees members that no instruction names", site.Offset);
        }

        if (!isPackage && KnownApis.Irreproducible(member) is { } why)
        {
            _concerns.Add(new(CodeConcernKind.Irreproducible, $"{member.Type}.{member.Name}", why, site));
        }
    }

    /// <summary>All of an assembly counts, with its names and attributes: something looks at it as data.</summary>
    public void Widen(CodeAssembly assembly, CodeMethod by, string why, int offset = 0)
    {
        if (!_seen.Add((assembly, "whole")))
        {
            return;
        }

        _concerns.Add(new(CodeConcernKind.Widened, assembly.Name, why, new(by, offset)));
        foreach (var type in assembly.Types.Where(type => !type.IsGenerated))
        {
            Live(type);
            Later($"all of {type.Name}", () => Unit.OfMetadata(type, this));
            foreach (var method in type.Methods.Where(method => !method.IsGenerated))
            {
                Method(method);
            }
        }
    }

    /// <summary>Whatever an assembly does when it is loaded.</summary>
    private void Touch(CodeAssembly assembly)
    {
        if (_seen.Add(assembly) && assembly.Find("<Module>")?.StaticConstructor is { } initialiser)
        {
            Method(initialiser);
        }
    }

    private void Later(string name, Func<Digest> hash) => _pending.Enqueue((name, _current, hash));

    private void Add(string name, Digest digest, string? from) => _members.TryAdd(name, new(name, digest, from));
}
