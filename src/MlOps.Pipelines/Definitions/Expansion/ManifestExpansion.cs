using System.Text.Json;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>Turns a file as users write it into the one that its record reads: variables replaced, one step with a matrix replaced by its instances. Lines stay.</summary>
internal sealed class ManifestExpansion(string file, Scope scope, List<Diagnostic> found)
{
    /// <summary>What is said before any value is known.</summary>
    private static readonly string[] Untouched = ["$schema", "variables", "include"];

    /// <summary>The expanded file; the same object if it makes use of nothing that is to be expanded.</summary>
    public JsonTree Apply(JsonTree root)
    {
        if (root.Kind != JsonTokenType.StartObject)
        {
            return root;
        }

        var changed = false;
        var members = new List<KeyValuePair<string, JsonTree>>(root.Members.Count);
        foreach (var (name, value) in root.Members)
        {
            var expanded = Untouched.Contains(name) ? value
                : name == "steps" && value.Kind == JsonTokenType.StartObject ? Steps(value)
                : new Substitution(file, scope, found).Apply(value);
            changed |= !ReferenceEquals(expanded, value);
            members.Add(new(name, expanded));
        }

        return changed ? JsonTree.Object(root.Line, members) : root;
    }

    private JsonTree Steps(JsonTree steps)
    {
        var changed = false;
        var members = new List<KeyValuePair<string, JsonTree>>(steps.Members.Count);
        var instances = new Instances(file, scope, found);
        foreach (var (key, declaration) in steps.Members)
        {
            if (key.Contains('@', StringComparison.Ordinal))
            {
                found.Add(WorkspaceDefinition.BadName("step", key, $"{file}:{declaration.Line}"));
                continue;
            }

            var before = found.Count;
            var written = new HashSet<string>(StringComparer.Ordinal);
            foreach (var instance in instances.Of(key, declaration))
            {
                var step = new Substitution(file, instance.Scope, found).Apply(instance.Declaration);
                changed |= !ReferenceEquals(step, declaration);
                members.Add(new(instance.Name, step));
                if (found.Count > before || (!ReferenceEquals(instance.Scope, scope) && WrittenTwice(instance.Name, step, written)))
                {
                    // What is wrong with one of ten thousand is wrong with all.
                    break;
                }
            }
        }

        return changed ? JsonTree.Object(steps.Line, members) : steps;
    }

    private bool WrittenTwice(string name, JsonTree step, HashSet<string> written)
    {
        if (step.Find("writes")?.Items.FirstOrDefault(path => !written.Add(path.Text)) is not { } twice)
        {
            return false;
        }

        found.Add(new("MLO2123", $"'{name}' writes '{twice.Text}', as another instance does")
        {
            Where = $"{file}:{twice.Line}",
            Why = "each path is written by one step",
            Mend = "put what tells them apart into the path, such as ${item} or the name of an axis",
        });
        return true;
    }
}
