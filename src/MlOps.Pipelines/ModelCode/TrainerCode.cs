using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Trainers of a model's own code, read from JSON where the code is run.</summary>
/// <param name="assembly">The model's code.</param>
/// <param name="entered">Told the name of a trainer before its code runs.</param>
internal sealed class TrainerCode(Assembly assembly, Action<string> entered)
{
    /// <summary>How trainers are read: those of the model's code with what they stand for.</summary>
    public JsonSerializerOptions Json
    {
        get
        {
            if (field is null)
            {
                field = new(ManifestJson.Default.Options) { TypeInfoResolver = JsonTypeInfoResolver.Combine(ManifestJson.Default.WithAddedModifier(Bound), OwnTrainer.Resolver), Converters = { OwnTrainer.Words } };
            }

            return field;
        }
    }

    /// <summary>What is known of a trainer only where its code is run: all its options with their defaults, those that are whole numbers, and all that is wrong with how it is declared.</summary>
    /// <param name="declared">As <c>model.json</c> has it.</param>
    /// <param name="search">The space that its options are searched in, or null.</param>
    public JsonObject Describe(JsonObject declared, JsonObject? search)
    {
        var name = (string)declared[CodeTrainer.TrainerName]!;
        entered(name);
        var found = OptionTypes.Converted(assembly.GetType(name, throwOnError: true)!);
        if (found.Count > 0)
        {
            throw new DiagnosticException(found);
        }

        var type = (JsonTypeInfo)Json.GetTypeInfo(assembly.GetType(name, throwOnError: true)!);
        foreach (var (option, value) in declared.Where(member => member.Key is not ("name" or CodeTrainer.TrainerName)))
        {
            Option(name, type, option, value, found);
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException(found);
        }

        var members = new TrainerMembers(Json);
        var trainer = (CodeTrainer)members.Read(declared);
        found.AddRange(trainer.Validate().Select(wrong => wrong with { Where = "#/trainer" }));
        if (search is not null)
        {
            var ranges = search.Deserialize((JsonTypeInfo<Dictionary<string, SearchRange>>)Json.GetTypeInfo(typeof(Dictionary<string, SearchRange>)))!;
            new SearchCheck(trainer, members, option => $"#/tune/search/{option.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", found).All(ranges);
        }

        return found.Count > 0 ? throw new DiagnosticException(found) : new()
        {
            ["options"] = JsonSerializer.SerializeToNode(trainer.Own, type),
            ["whole"] = new JsonArray([.. members.Of(trainer).Where(member => TrainerMembers.IsWhole(member.Value)).Select(member => (JsonNode)member.Key)]),
        };
    }

    private void Option(string trainer, JsonTypeInfo type, string option, JsonNode? value, List<Diagnostic> found)
    {
        if (type.Properties.FirstOrDefault(member => member.Name == option) is not { } property)
        {
            var known = type.Properties.Select(member => member.Name).Order(StringComparer.Ordinal).ToList();
            found.Add(new("MLO8342", $"trainer '{trainer}' has no option '{option}'")
            {
                Where = $"#/trainer/{option}",
                Why = known.Count == 0 ? "it has no public property with a setter" : $"its options are {string.Join(", ", known)}",
                Mend = Diagnostic.Nearest(option, known) is { } nearest ? $"did you mean '{nearest}'?" : $"remove '{option}'",
            });
            return;
        }

        try
        {
            value.Deserialize(Json.GetTypeInfo(property.PropertyType));
        }
        catch (JsonException)
        {
            found.Add(new("MLO8343", $"option '{option}' of trainer '{trainer}' cannot be {value?.ToJsonString() ?? "null"}")
            {
                Where = $"#/trainer/{option}",
                Why = $"it is of type {(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name}",
                Mend = "write a value of that type, or remove it for the default",
            });
        }
    }

    private void Bound(JsonTypeInfo type)
    {
        if (type.Type == typeof(CodeTrainer))
        {
            type.OnDeserialized = read =>
            {
                var trainer = (CodeTrainer)read;
                entered(trainer.Code);
                trainer.Own = OwnTrainer.Read(assembly.GetType(trainer.Code, throwOnError: true)!, trainer.Options ?? []);
            };
        }
    }
}

/// <summary>How the options of a trainer of the model's own code are read, which decides what it learns: what its public properties with setters are called and what they take.</summary>
internal static class OwnTrainer
{
    /// <summary>Members that are enumerations, by name.</summary>
    public static readonly JsonStringEnumConverter Words = new(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

    /// <summary>Knows types of the model's code.</summary>
    public static readonly DefaultJsonTypeInfoResolver Resolver = new() { Modifiers = { Settable } };

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { Words },
        TypeInfoResolver = Resolver,
    };

    /// <summary>The trainer with some options; the others have their defaults.</summary>
    /// <exception cref="JsonException">An option is not known, or a value is none of its option's.</exception>
    public static TrainerOptions Read(Type type, IReadOnlyDictionary<string, JsonElement> options) =>
        (TrainerOptions)new JsonObject(options.Select(option => KeyValuePair.Create(option.Key, JsonNode.Parse(option.Value.GetRawText())))).Deserialize(Json.GetTypeInfo(type))!;

    /// <summary>Only what can be set is an option: not what the type says of itself.</summary>
    private static void Settable(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object && type.Type.IsAssignableTo(typeof(TrainerOptions)))
        {
            foreach (var computed in type.Properties.Where(property => property.Set is null).ToList())
            {
                type.Properties.Remove(computed);
            }
        }
    }
}
