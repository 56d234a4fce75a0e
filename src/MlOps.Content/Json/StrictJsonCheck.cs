using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace MlOps.Content;

/// <summary>One walk over a tree beside the metadata of the type it is to become.</summary>
internal sealed class StrictJsonCheck(string file, JsonSerializerOptions options)
{
    public List<Diagnostic> Found { get; } = [];

    public void Value(JsonTree tree, JsonTypeInfo type, string name)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                Object(tree, type, name);
                break;
            case JsonTypeInfoKind.Dictionary when Expect(tree, JsonTokenType.StartObject, name, "an object"):
                var element = options.GetTypeInfo(type.ElementType!);
                foreach (var (key, value) in Unique(tree))
                {
                    Value(value, element, $"'{key}'");
                }

                break;
            case JsonTypeInfoKind.Enumerable when Expect(tree, JsonTokenType.StartArray, name, "an array"):
                var item = options.GetTypeInfo(type.ElementType!);
                foreach (var value in tree.Items)
                {
                    Value(value, item, $"an element of {name}");
                }

                break;
            case JsonTypeInfoKind.None:
                Scalar(tree, type.Type, name);
                break;
            default:
                break;
        }
    }

    /// <summary>Whether a value was written short, so that the tree is no longer what the file's bytes say.</summary>
    public bool HasExpanded { get; private set; }

    private void Object(JsonTree tree, JsonTypeInfo type, string name)
    {
        if (tree.Kind != JsonTokenType.StartObject && type.Type.GetCustomAttribute<JsonShorthandAttribute>() is { } shorthand)
        {
            tree.Wrap(shorthand.Member);
            HasExpanded = true;
        }

        if (!Expect(tree, JsonTokenType.StartObject, name, "an object"))
        {
            return;
        }

        string? discriminator = null;
        if (type.PolymorphismOptions is { } union)
        {
            discriminator = union.TypeDiscriminatorPropertyName;
            var chosen = Derived(tree, union, name);
            if (chosen is null)
            {
                return;
            }

            type = options.GetTypeInfo(chosen);
        }

        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in Unique(tree))
        {
            given.Add(key);
            if (key == discriminator)
            {
                continue;
            }

            var property = type.Properties.FirstOrDefault(p => p.Name == key && !p.IsExtensionData);
            if (property is not null)
            {
                Value(value, options.GetTypeInfo(property.PropertyType), $"'{key}'");
            }
            else if (!type.Properties.Any(p => p.IsExtensionData))
            {
                Unknown(key, value.Line, name, type);
            }
        }

        foreach (var property in type.Properties)
        {
            if (property.IsRequired && !given.Contains(property.Name))
            {
                Found.Add(new("MLO1004", $"key '{property.Name}' is missing in {name}") { Where = At(tree), Mend = $"add \"{property.Name}\"" });
            }
        }
    }

    private Type? Derived(JsonTree tree, JsonPolymorphismOptions union, string name)
    {
        var key = union.TypeDiscriminatorPropertyName;
        var words = union.DerivedTypes.Select(type => (string)type.TypeDiscriminator!).ToList();
        var choice = tree.Members.FirstOrDefault(member => member.Key == key).Value;
        if (choice is null)
        {
            Found.Add(new("MLO1004", $"key '{key}' is missing in {name}") { Where = At(tree), Mend = $"add \"{key}\": one of {string.Join(", ", words)}" });
            return null;
        }

        var index = words.IndexOf(choice.Text);
        if (index >= 0 && choice.Kind == JsonTokenType.String)
        {
            return union.DerivedTypes[index].DerivedType;
        }

        NotOneOf(choice, $"'{key}'", words);
        return null;
    }

    private void Scalar(JsonTree tree, Type type, string name)
    {
        var nullable = Nullable.GetUnderlyingType(type);
        if (nullable is not null && tree.Kind == JsonTokenType.Null)
        {
            return;
        }

        type = nullable ?? type;
        if (type.IsEnum)
        {
            var words = Enum.GetNames(type).Select(member => type.GetField(member)?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(member)).ToList();
            if (tree.Kind != JsonTokenType.String || !words.Contains(tree.Text))
            {
                NotOneOf(tree, name, words);
            }
        }
        else if (type == typeof(string))
        {
            tree.FitText();
            Expect(tree, JsonTokenType.String, name, "a text");
        }
        else if (type == typeof(bool))
        {
            if (tree.Kind is not (JsonTokenType.True or JsonTokenType.False))
            {
                WrongType(tree, name, "true or false");
            }
        }
        else if (type == typeof(int) || type == typeof(long))
        {
            if (Expect(tree, JsonTokenType.Number, name, "a whole number") &&
                !(type == typeof(int) ? int.TryParse(tree.Text, CultureInfo.InvariantCulture, out _) : long.TryParse(tree.Text, CultureInfo.InvariantCulture, out _)))
            {
                WrongType(tree, name, "a whole number within its range");
            }
        }
        else if (type == typeof(double) || type == typeof(float))
        {
            if (Expect(tree, JsonTokenType.Number, name, "a number") && !double.IsFinite(double.Parse(tree.Text, CultureInfo.InvariantCulture)))
            {
                WrongType(tree, name, "a finite number");
            }
        }
    }

    private IEnumerable<KeyValuePair<string, JsonTree>> Unique(JsonTree tree)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in tree.Members)
        {
            if (seen.TryAdd(member.Key, member.Value.Line))
            {
                yield return member;
            }
            else
            {
                Found.Add(new("MLO1003", $"key '{member.Key}' stands twice")
                {
                    Where = At(member.Value),
                    Why = $"it stands first on line {seen[member.Key]}",
                    Mend = "keep one of them",
                });
            }
        }
    }

    private void Unknown(string key, int line, string name, JsonTypeInfo type)
    {
        var known = type.Properties.Select(property => property.Name).Order(StringComparer.Ordinal).ToList();
        var nearest = Diagnostic.Nearest(key, known);
        Found.Add(new("MLO1002", $"key '{key}' is not known in {name}")
        {
            Where = $"{file}:{line}",
            Why = $"known are {string.Join(", ", known)}",
            Mend = nearest is null ? $"remove '{key}'" : $"did you mean '{nearest}'?",
        });
    }

    private void NotOneOf(JsonTree tree, string name, IReadOnlyList<string> words)
    {
        var nearest = tree.Kind == JsonTokenType.String ? Diagnostic.Nearest(tree.Text, words) : null;
        Found.Add(new("MLO1006", $"{name} is {Shown(tree)}, which is not one of the words it may be")
        {
            Where = At(tree),
            Why = $"it may be {string.Join(", ", words)}",
            Mend = nearest is null ? "choose one of them" : $"did you mean '{nearest}'?",
        });
    }

    private bool Expect(JsonTree tree, JsonTokenType kind, string name, string noun)
    {
        if (tree.Kind == kind)
        {
            return true;
        }

        WrongType(tree, name, noun);
        return false;
    }

    private void WrongType(JsonTree tree, string name, string noun) =>
        Found.Add(new("MLO1005", $"{name} must be {noun}") { Where = At(tree), Why = $"it is {Shown(tree)}", Mend = $"write {noun}" });

    private static string Shown(JsonTree tree) => tree.Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"the text \"{tree.Text}\"",
        _ => tree.Text,
    };

    private string At(JsonTree tree) => $"{file}:{tree.Line}";
}
