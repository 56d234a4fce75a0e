using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using MlOps.Learning;

namespace MlOps.Pipelines.Definitions;

/// <summary>A trainer's options as JSON: which of them have a single value, by names such as <c>leaves</c> and <c>earlyStopping.rounds</c>, and what they are set to.</summary>
internal sealed class TrainerMembers(JsonSerializerOptions json)
{
    /// <summary>The options that have a single value, with its type.</summary>
    public IReadOnlyDictionary<string, Type> Of(TrainerOptions trainer) =>
        Members((trainer is CodeTrainer { Own: { } own } ? own : trainer).GetType(), "").ToDictionary(member => member.Name, member => member.Type, StringComparer.Ordinal);

    /// <summary>Whether only whole numbers are values of a type.</summary>
    public static bool IsWhole(Type type) => type == typeof(int);

    /// <summary>Whether numbers are values of a type.</summary>
    public static bool IsNumber(Type type) => type == typeof(int) || type == typeof(double);

    /// <summary>Reads a trainer; what its JSON leaves out has its default.</summary>
    /// <exception cref="JsonException">A value is none of its option's.</exception>
    public TrainerOptions Read(JsonNode trainer) => trainer.Deserialize(Trainer)!;

    /// <summary>A trainer with all its options.</summary>
    public JsonObject Write(TrainerOptions trainer) => JsonSerializer.SerializeToNode(trainer, Trainer)!.AsObject();

    /// <summary>A trainer with other values of some options.</summary>
    /// <exception cref="JsonException">A value is none of its option's.</exception>
    public TrainerOptions With(TrainerOptions trainer, JsonObject options)
    {
        var all = Write(trainer);
        foreach (var (name, value) in options)
        {
            var path = name.Split('.');
            var at = all;
            foreach (var step in path[..^1])
            {
                at[step] ??= new JsonObject();
                at = at[step]!.AsObject();
            }

            at[path[^1]] = value?.DeepClone();
        }

        return Read(all);
    }

    /// <summary>What an option is set to; null if it is part of one that is not set.</summary>
    public JsonNode? Value(TrainerOptions trainer, string option) =>
        option.Split('.').Aggregate((JsonNode?)Write(trainer), (node, name) => node?[name])?.DeepClone();

    private JsonTypeInfo<TrainerOptions> Trainer => (JsonTypeInfo<TrainerOptions>)json.GetTypeInfo(typeof(TrainerOptions));

    private IEnumerable<(string Name, Type Type)> Members(Type type, string prefix)
    {
        foreach (var member in json.GetTypeInfo(type).Properties.Where(member => member.Set is not null))
        {
            var inner = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            if (IsNumber(inner) || inner == typeof(bool) || inner == typeof(string) || inner.IsEnum)
            {
                yield return (prefix + member.Name, inner);
            }
            else if (json.GetTypeInfo(inner).Kind == JsonTypeInfoKind.Object)
            {
                foreach (var below in Members(inner, $"{prefix}{member.Name}."))
                {
                    yield return below;
                }
            }
        }
    }
}
