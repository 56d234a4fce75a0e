using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>The variables of a workspace or a model; each may be made of others, in any order, but not of itself.</summary>
internal sealed partial class Variables : Scope
{
    private readonly Dictionary<string, (string File, JsonTree Value)> _declared;
    private readonly Dictionary<string, JsonTree> _resolved = new(StringComparer.Ordinal);
    private readonly List<string> _path = [];
    private readonly List<Diagnostic> _found;

    private Variables(Scope outer, Dictionary<string, (string File, JsonTree Value)> declared, List<Diagnostic> found)
        : base(outer, declared.ToDictionary(variable => variable.Key, variable => variable.Value.Value, StringComparer.Ordinal)) =>
        (_declared, _found) = (declared, found);

    /// <summary>The variables of some files, the workspace's own or a model's; what is wrong is added to what was found.</summary>
    public static Variables Of(Scope outer, IEnumerable<(string File, JsonTree Root)> files, List<Diagnostic> found)
    {
        var declared = new Dictionary<string, (string File, JsonTree Value)>(StringComparer.Ordinal);
        foreach (var (file, root) in files)
        {
            foreach (var (name, value) in root.Find("variables")?.Members ?? [])
            {
                if (!Name().IsMatch(name))
                {
                    found.Add(new("MLO2110", $"'{name}' cannot name a variable")
                    {
                        Where = $"{file}:{value.Line}",
                        Why = "names are letters, digits, '-' and '_', a letter or '_' first",
                        Mend = "rename it",
                    });
                }
                else if (!declared.TryAdd(name, (file, value)) && declared[name].File != file)
                {
                    // Twice in one file is told by the strict reader.
                    found.Add(new("MLO2111", $"variable '{name}' is declared twice")
                    {
                        Where = $"{declared[name].File}:{declared[name].Value.Line}, {file}:{value.Line}",
                        Mend = "keep one of them",
                    });
                }
            }
        }

        var variables = new Variables(outer, declared, found);
        foreach (var name in declared.Keys)
        {
            variables.Find(name);
        }

        return variables;
    }

    public override JsonTree? Find(string name)
    {
        if (_resolved.TryGetValue(name, out var known))
        {
            return known;
        }

        if (!_declared.TryGetValue(name, out var declared))
        {
            return base.Find(name);
        }

        var value = declared.Value;
        if (_path.Contains(name))
        {
            _found.Add(new("MLO2112", $"variable '{name}' is made of itself")
            {
                Where = $"{declared.File}:{value.Line}",
                Why = string.Join(" → ", _path[_path.IndexOf(name)..].Append(name)),
                Mend = "write one of these values out",
            });
            return value;
        }

        _path.Add(name);
        value = new Substitution(declared.File, this, _found).Apply(value);
        _path.RemoveAt(_path.Count - 1);
        return _resolved[name] = value;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_-]*\z")]
    private static partial Regex Name();
}
