using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>Puts values in place of <c>${NAME}</c> and <c>${NAME.MEMBER}</c> in every text of a tree. Whatever it makes keeps the line of the text that asked for it.</summary>
internal sealed partial class Substitution(string file, Scope scope, List<Diagnostic> found)
{
    /// <summary>How many values one file, or one variable, may come to by substitution: lists of lists of lists grow fast.</summary>
    private const int Most = 200_000;

    private int _made;

    /// <summary>The tree with values in place; the same object where nothing was to be done, so that whole files cost one look.</summary>
    public JsonTree Apply(JsonTree tree)
    {
        switch (tree.Kind)
        {
            case JsonTokenType.String:
                return tree.Text.Contains("${", StringComparison.Ordinal) ? Text(tree) : tree;
            case JsonTokenType.StartArray:
                List<JsonTree>? items = null;
                for (var i = 0; i < tree.Items.Count; i++)
                {
                    var item = Apply(tree.Items[i]);
                    if (!ReferenceEquals(item, tree.Items[i]))
                    {
                        (items ??= [.. tree.Items])[i] = item;
                    }
                }

                return items is null ? tree : JsonTree.Array(tree.Line, items);
            case JsonTokenType.StartObject:
                List<KeyValuePair<string, JsonTree>>? members = null;
                for (var i = 0; i < tree.Members.Count; i++)
                {
                    var (name, member) = tree.Members[i];
                    var value = Apply(member);
                    if (!ReferenceEquals(value, member))
                    {
                        (members ??= [.. tree.Members])[i] = new(name, value);
                    }
                }

                return members is null ? tree : JsonTree.Object(tree.Line, members);
            default:
                return tree;
        }
    }

    private JsonTree Text(JsonTree tree)
    {
        var text = tree.Text;
        if (Reference().Match(text) is { Success: true, Index: 0 } whole && whole.Length == text.Length)
        {
            return Value(whole.Groups[1].Value, tree) is { } all && HasRoom(all, tree) ? all.For(tree.Line) : tree;
        }

        var made = new StringBuilder();
        var at = 0;
        for (int next; (next = text.IndexOf("${", at, StringComparison.Ordinal)) >= 0;)
        {
            if (next > at && text[next - 1] == '$')
            {
                made.Append(text, at, next - 1 - at).Append("${");
                at = next + 2;
            }
            else if (Reference().Match(text, next) is { Success: true } reference && reference.Index == next)
            {
                made.Append(text, at, next - at).Append(Value(reference.Groups[1].Value, tree) is { } value ? Plain(reference.Groups[1].Value, value, tree) : "");
                at = next + reference.Length;
            }
            else
            {
                found.Add(new("MLO2113", $"\"{text}\" holds a '${{' that is not followed by a name and '}}'")
                {
                    Where = At(tree),
                    Why = "${NAME} and ${NAME.MEMBER} stand for values of variables",
                    Mend = "close it, or write $${ where ${ itself is meant",
                });
                return tree;
            }
        }

        return JsonTree.String(tree.Line, made.Append(text, at, text.Length - at).ToString());
    }

    private bool HasRoom(JsonTree value, JsonTree place)
    {
        var before = _made;
        _made = before > Most ? before : before + Size(value);
        if (_made > Most && before <= Most)
        {
            found.Add(new("MLO2126", "variables make this too large")
            {
                Where = At(place),
                Why = $"with \"{place.Text}\" it comes to more than {Most} values",
                Mend = "put lists of fewer values in place of one another",
            });
        }

        return _made <= Most;
    }

    private static int Size(JsonTree tree) => 1 + tree.Items.Sum(Size) + tree.Members.Sum(member => Size(member.Value));

    private JsonTree? Value(string reference, JsonTree place)
    {
        var parts = reference.Split('.');
        var value = scope.Find(parts[0]);
        if (value is null)
        {
            var names = scope.Names.Order(StringComparer.Ordinal).ToList();
            var nearest = Diagnostic.Nearest(parts[0], names);
            found.Add(new("MLO2114", $"there is no variable '{parts[0]}'")
            {
                Where = At(place),
                Why = names.Count == 0 ? "none is declared" : $"there are {string.Join(", ", names)}",
                Mend = nearest is null ? "declare it under \"variables\", or write $${ where ${ itself is meant" : $"did you mean '${{{nearest}}}'?",
            });
            return null;
        }

        for (var i = 1; i < parts.Length; i++)
        {
            if (value.Find(parts[i]) is not { } member)
            {
                var nearest = Diagnostic.Nearest(parts[i], value.Members.Select(known => known.Key));
                found.Add(new("MLO2115", $"'{string.Join('.', parts[..i])}' has no member '{parts[i]}'")
                {
                    Where = At(place),
                    Why = value.Kind == JsonTokenType.StartObject ? $"it has {string.Join(", ", value.Members.Select(known => known.Key))}" : "it is not an object",
                    Mend = nearest is null ? "name a member that it has" : $"did you mean '{nearest}'?",
                });
                return null;
            }

            value = member;
        }

        return value;
    }

    private string Plain(string name, JsonTree value, JsonTree place)
    {
        if (value.Kind is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null)
        {
            found.Add(new("MLO2116", $"'{name}' cannot stand inside a text")
            {
                Where = At(place),
                Why = $"it is {(value.Kind == JsonTokenType.StartObject ? "an object" : value.Kind == JsonTokenType.StartArray ? "a list" : "null")}",
                Mend = $"write \"${{{name}}}\" alone, or name one of its members",
            });
        }

        return value.Text;
    }

    private string At(JsonTree tree) => $"{file}:{tree.Line}";

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)\}")]
    private static partial Regex Reference();
}
