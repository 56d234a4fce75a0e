using MlOps.Content;

namespace MlOps.Code.Internal;

/// <summary>All that entries can reach: methods they call, overrides that calls may mean, initialisers, types, packages.</summary>
/// <remarks>Rapid type analysis (Bacon and Sweeney, OOPSLA 1996): a virtual call means the overrides of types that reachable code makes. What
/// fills a slot of the framework counts as called as soon as its type is made.</remarks>
internal sealed partial class Reach(CodeAssemblies assemblies, IReadOnlySet<string> seams, IReadOnlySet<string> reflectors)
{
    private readonly Dictionary<string, ReachedMember> _members = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, string? From, MentionKind Kind, object Subject)> _pending = [];
    private readonly HashSet<(MentionKind, object)> _seen = [];
    private readonly List<CodeConcern> _concerns = [];
    private string? _current;

    /// <summary>What was reached.</summary>
    public IEnumerable<ReachedMember> Members => _members.Values;

    /// <summary>What people should know of it, in the order of being reached.</summary>
    public IReadOnlyList<CodeConcern> Concerns => _concerns;

    /// <summary>Follows everything that waits.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        while (_pending.TryDequeue(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _current = next.Name;
            var unit = assemblies.Unit(next.Kind, next.Subject);
            // Two assemblies may have members of one name.
            var name = next.Name;
            for (var other = 2; !_members.TryAdd(name, new(name, unit.Digest, next.From) { Methods = unit.Methods }); other++)
            {
                name = $"{next.Name} #{other}";
            }

            foreach (var mention in unit.Mentions)
            {
                Follow(mention);
            }
        }
    }

    public void Method(CodeMethod method)
    {
        if (_seen.Add((MentionKind.Method, method)))
        {
            Later(string.Concat([method.IsStatic ? "static " : "", method.Type.Name, ".", method.Name, Unmarked(method.Signature)]), MentionKind.Method, method);
            Load(method.Type.Assembly);
            if (method.Type.StaticConstructor is { } initialiser)
            {
                Method(initialiser);
            }
        }
    }

    private void Follow(Mention mention)
    {
        switch (mention)
        {
            case (MentionKind.Method, CodeMethod method):
                Method(method);
                break;
            case (MentionKind.Slot, CodeMethod method):
                Slot(method);
                break;
            case (MentionKind.Live, CodeType type):
                Live(type);
                break;
            case (MentionKind.Type, CodeType type):
                Type(type);
                break;
            case (MentionKind.Members, CodeType type) when _seen.Add((MentionKind.Members, type)):
                Later($"members of {type.Name}", MentionKind.Members, type);
                break;
            case (MentionKind.Package, string package):
                _members.TryAdd($"package {package}", new($"package {package}", Digest.Of(package), _current));
                break;
            case (MentionKind.Whole, CodeConcern concern):
                Widen(concern);
                break;
            case (MentionKind.Concern, CodeConcern concern):
                _concerns.Add(concern);
                break;
        }
    }

    private void Type(CodeType type)
    {
        if (_seen.Add((MentionKind.Type, type)))
        {
            Later($"type {type.Name}", MentionKind.Type, type);
            Load(type.Assembly);
        }
    }

    /// <summary>All of an assembly counts, with its names and attributes: something looks at it as data.</summary>
    private void Widen(CodeConcern concern)
    {
        var assembly = concern.Site.Method.Type.Assembly;
        if (reflectors.Contains(Outermost(concern.Site.Method.Type).Name) || !_seen.Add((MentionKind.Whole, assembly)))
        {
            return;
        }

        _concerns.Add(concern);
        foreach (var type in assembly.Types.Where(type => !type.IsGenerated))
        {
            Live(type);
            Later(type.IsModule ? $"all of assembly {assembly.Name}" : $"all of {type.Name}", MentionKind.Whole, type);
            foreach (var method in type.Methods.Where(method => !method.IsGenerated))
            {
                Method(method);
            }
        }
    }

    private static CodeType Outermost(CodeType type) => type.Outer is { } outer ? Outermost(outer) : type;

    /// <summary>Whatever an assembly does when it is loaded.</summary>
    private void Load(CodeAssembly assembly)
    {
        if (_seen.Add((MentionKind.Live, assembly)) && assembly.Find("<Module>")?.StaticConstructor is { } initialiser)
        {
            Method(initialiser);
        }
    }

    private static string Unmarked(string signature) => signature.StartsWith(SignatureNames.Instance, StringComparison.Ordinal) ? signature[SignatureNames.Instance.Length..] : signature;

    private void Later(string name, MentionKind kind, object subject) => _pending.Enqueue((name, _current, kind, subject));
}
