using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Pipelines.Manifests;

/// <summary>How the manifests are read and written: camelCase, strict, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(CamelCase<ModelTask>), typeof(CamelCase<CategoryEncoding>), typeof(CamelCase<CalendarPart>), typeof(CamelCase<RegressionLoss>), typeof(CamelCase<MonotoneDirection>),
        typeof(CamelCase<CalibrationKind>), typeof(CamelCase<Driver>), typeof(CamelCase<ColumnType>), typeof(CamelCase<DatasetFormat>), typeof(CamelCase<BetterMetric>)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(WorkspaceManifest))]
[JsonSerializable(typeof(IncludeManifest))]
[JsonSerializable(typeof(ModelManifest))]
[JsonSerializable(typeof(FeatureOptions))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(Dictionary<string, SearchRange>))]
[JsonSerializable(typeof(Dictionary<string, ReleaseManifest>))]
internal sealed partial class ManifestJson : JsonSerializerContext
{
    /// <summary>A feature as short as it can be said: its kind alone where nothing else is declared.</summary>
    public static JsonNode Shortest(FeatureOptions feature)
    {
        var whole = JsonSerializer.SerializeToNode(feature, Default.FeatureOptions)!.AsObject();
        return whole.Count == 1 ? whole["kind"]!.DeepClone() : whole;
    }

    /// <summary>A model's manifest with its features as short as they can be said.</summary>
    public static JsonObject Of(ModelManifest model)
    {
        var json = JsonSerializer.SerializeToNode(model, Default.ModelManifest)!.AsObject();
        json["features"] = new JsonObject(model.Features.Select(feature => KeyValuePair.Create(feature.Key, (JsonNode?)Shortest(feature.Value))));
        return json;
    }

    /// <summary>The same with trainers of other assemblies beside those of Learning: strict, and an unknown name is told from all that are known.</summary>
    public static JsonSerializerOptions With(IReadOnlyDictionary<string, JsonTypeInfo> trainers) => trainers.Count == 0 ? Default.Options : new(Default.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine([Default, .. trainers.Values.Select(options => options.OriginatingResolver)]).WithAddedModifier(type =>
        {
            foreach (var (name, options) in type.Type == typeof(TrainerOptions) ? trainers : new Dictionary<string, JsonTypeInfo>())
            {
                type.PolymorphismOptions!.DerivedTypes.Add(new(options.Type, name));
            }
        }),
    };
}

/// <summary>Enum members by their names in camelCase, never by number.</summary>
internal sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
