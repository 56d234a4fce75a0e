using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>One of many from one declaration.</summary>
/// <param name="Name">Its name, such as <c>train@region=north</c>.</param>
/// <param name="Declaration">What was declared, without what made many of it.</param>
/// <param name="Scope">The names that stand for its values.</param>
internal readonly record struct Instance(string Name, JsonTree Declaration, Scope Scope);

/// <summary>Makes many from one: a declaration with <c>foreach</c> or <c>matrix</c> stands for an instance per value or combination.</summary>
/// <remarks>Names do not depend on the order of axes or values, so that adding a value adds exactly its instances.</remarks>
internal sealed partial class Instances(string file, Scope scope, List<Diagnostic> found)
{
    /// <summary>More than anybody reads, and more than a slip of the pen should start.</summary>
    public const int Most = 10_000;

    private static readonly string[] Makers = ["foreach", "matrix", "exclude"];

    /// <summary>The instances of a declaration: itself under its own name if it makes no others; none if something is wrong with it.</summary>
    public IEnumerable<Instance> Of(string name, JsonTree declaration)
    {
        var each = declaration.Find("foreach");
        var matrix = declaration.Find("matrix");
        var exclude = declaration.Find("exclude");
        if (each is null && matrix is null && exclude is null)
        {
            return [new(name, declaration, scope)];
        }

        if (each is not null && matrix is not null)
        {
            return Refuse("MLO2117", $"'{name}' has both 'foreach' and 'matrix'", matrix, null, "keep one of them; a matrix of one axis is a foreach with a name");
        }

        if (exclude is not null && matrix is null)
        {
            return Refuse("MLO2117", $"'{name}' has 'exclude' without 'matrix'", exclude, null, "remove it");
        }

        var before = found.Count;
        var declared = each is not null ? [new("item", Values(name, "foreach", each))] : Axes(name, matrix!);
        var left = exclude is null ? [] : Excluded(exclude, declared);
        if (found.Count > before || TooMany(name, declared, each ?? matrix!))
        {
            return [];
        }

        var template = JsonTree.Object(declaration.Line, declaration.Members.Where(member => !Makers.Contains(member.Key)));
        var many = Combinations(declared, left, each is not null).Select(one => new Instance($"{name}@{one.Name}", template, new(scope, one.Values))).ToList();
        foreach (var rule in left.Where(rule => !rule.Used))
        {
            Refuse("MLO2122", $"'{name}' excludes a combination that there is not", rule.Tree, null, "remove it, or correct its values");
        }

        return many.Count > 0 ? many : Refuse("MLO2118", $"'{name}' excludes every combination", exclude!, null, "leave at least one");
    }

    private bool TooMany(string name, Axis[] axes, JsonTree place)
    {
        var count = axes.Aggregate(BigInteger.One, (product, axis) => product * axis.Values.Count);
        if (count <= Most)
        {
            return false;
        }

        Refuse("MLO2119", $"'{name}' makes {string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count:N0}")} instances", place,
            $"at most {string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Most:N0}")} are made from one declaration", "take fewer values, or declare several");
        return true;
    }

    private Axis[] Axes(string name, JsonTree matrix)
    {
        if (matrix.Kind != JsonTokenType.StartObject || matrix.Members.Count == 0)
        {
            Refuse("MLO2118", $"the matrix of '{name}' has no axis", matrix, "it is an object: axis to list of values", "\"matrix\": { \"region\": [\"north\", \"south\"] }");
            return [];
        }

        foreach (var (axis, values) in matrix.Members.Where(axis => !AxisName().IsMatch(axis.Key)))
        {
            Refuse("MLO2110", $"'{axis}' cannot name an axis", values, "names are letters, digits and '_', a letter first", "rename it");
        }

        foreach (var axis in matrix.Members.GroupBy(axis => axis.Key).Where(axes => axes.Count() > 1))
        {
            Refuse("MLO2120", $"the matrix of '{name}' has the axis '{axis.Key}' twice", axis.Last().Value, null, "keep one of them");
        }

        return [.. matrix.Members.OrderBy(axis => axis.Key, StringComparer.Ordinal).Select(axis => new Axis(axis.Key, Values(name, axis.Key, axis.Value)))];
    }

    /// <summary>A list's values with the names that they give to instances.</summary>
    private List<KeyValuePair<string, JsonTree>> Values(string name, string what, JsonTree list)
    {
        var before = found.Count;
        var values = new Substitution(file, scope, found).Apply(list);
        if (found.Count > before)
        {
            return [];
        }

        if (values.Kind != JsonTokenType.StartArray || values.Items.Count == 0)
        {
            Refuse("MLO2118", $"'{what}' of '{name}' gives no values", list, values.Kind == JsonTokenType.StartArray ? "the list is empty" : "it is not a list", "name at least one value, or a variable that is a list");
            return [];
        }

        var taken = new HashSet<string>(StringComparer.Ordinal);
        var named = new List<KeyValuePair<string, JsonTree>>(values.Items.Count);
        foreach (var value in values.Items)
        {
            var word = value.Kind == JsonTokenType.StartObject ? value.Find("name") : value;
            if (word is null || word.Kind is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null || !ValueName().IsMatch(word.Text))
            {
                Refuse("MLO2121", $"a value of '{what}' cannot be part of a name{(word is null ? ": it has no 'name'" : word.Text.Length > 0 ? $": '{word.Text}'" : "")}", value,
                    $"it names an instance of '{name}': letters, digits, '-', '_' and '.', a letter or digit at both ends, at most 64", "rename it, or take objects with a \"name\"");
            }
            else if (!taken.Add(word.Text))
            {
                Refuse("MLO2120", $"'{what}' of '{name}' has '{word.Text}' twice", value, null, "keep one of them");
            }

            named.Add(new(word?.Text ?? "", value));
        }

        return named;
    }

    private List<Exclusion> Excluded(JsonTree exclude, Axis[] axes)
    {
        var rules = new List<Exclusion>();
        foreach (var rule in new Substitution(file, scope, found).Apply(exclude).Items)
        {
            foreach (var (axis, value) in rule.Members.Where(member => !axes.Any(axis => axis.Name == member.Key)))
            {
                var nearest = Diagnostic.Nearest(axis, axes.Select(known => known.Name));
                Refuse("MLO2122", $"there is no axis '{axis}' to exclude by", value, $"there are {string.Join(", ", axes.Select(known => known.Name))}", nearest is null ? "remove it" : $"did you mean '{nearest}'?");
            }

            rules.Add(new(rule));
        }

        if (rules.Count == 0 || rules.Any(rule => rule.Tree.Members.Count == 0))
        {
            Refuse("MLO2122", "'exclude' names no combination", exclude, "it is a list of objects: axis to value", "\"exclude\": [{ \"region\": \"north\", \"size\": 2 }]");
        }

        return rules;
    }

    private static IEnumerable<(string Name, Dictionary<string, JsonTree> Values)> Combinations(Axis[] axes, List<Exclusion> excluded, bool nameless)
    {
        var at = new int[axes.Length];
        while (true)
        {
            var chosen = axes.Select((axis, i) => (axis.Name, Value: axis.Values[at[i]])).ToArray();
            if (excluded.Count == 0 || !excluded.Any(rule => rule.Covers(chosen)))
            {
                yield return (
                    nameless ? chosen[0].Value.Key : string.Join(',', chosen.Select(axis => $"{axis.Name}={axis.Value.Key}")),
                    chosen.ToDictionary(axis => axis.Name, axis => axis.Value.Value, StringComparer.Ordinal));
            }

            var turn = axes.Length - 1;
            for (; turn >= 0 && ++at[turn] == axes[turn].Values.Count; turn--)
            {
                at[turn] = 0;
            }

            if (turn < 0)
            {
                yield break;
            }
        }
    }

    private IEnumerable<Instance> Refuse(string code, string what, JsonTree place, string? why, string mend)
    {
        found.Add(new(code, what) { Where = $"{file}:{place.Line}", Why = why, Mend = mend });
        return [];
    }

    private sealed record Axis(string Name, List<KeyValuePair<string, JsonTree>> Values);

    private sealed class Exclusion(JsonTree tree)
    {
        public JsonTree Tree => tree;

        /// <summary>Whether it ever left something out.</summary>
        public bool Used { get; private set; }

        public bool Covers((string Name, KeyValuePair<string, JsonTree> Value)[] chosen)
        {
            var covers = tree.Members.All(member => chosen.Any(axis => axis.Name == member.Key && axis.Value.Key == (member.Value.Find("name") ?? member.Value).Text));
            Used |= covers;
            return covers;
        }
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]*\z")]
    private static partial Regex AxisName();

    [GeneratedRegex(@"^-?[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\z")]
    private static partial Regex ValueName();
}
