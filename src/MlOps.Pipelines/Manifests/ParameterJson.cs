using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Pipelines.Manifests;

// Steps' parameters, as the manifests have them. Each action has a context of its own: all that a context knows is part of the code of those who read with it.

/// <summary>What import reads.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true,
    Converters = [typeof(CamelCase<ColumnType>)])]
[JsonSerializable(typeof(DataContract))]
internal sealed partial class ImportJson : JsonSerializerContext;

/// <summary>What training and all that knows its task read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true,
    Converters = [typeof(CamelCase<CategoryEncoding>), typeof(CamelCase<CalendarPart>)])]
[JsonSerializable(typeof(FeatureOptions))]
[JsonSerializable(typeof(ErrorCosts))]
internal sealed partial class LearningJson : JsonSerializerContext
{
    /// <summary>What <see cref="ManifestJson.Shortest"/> said.</summary>
    public static FeatureOptions Feature(JsonNode? said) =>
        (said is JsonObject ? said : new JsonObject { ["kind"] = said?.DeepClone() }).Deserialize(Default.FeatureOptions)!;
}

/// <summary>How a model is measured.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true,
    Converters = [typeof(CamelCase<BetterMetric>)])]
[JsonSerializable(typeof(EvaluationOptions))]
[JsonSerializable(typeof(Dictionary<string, MetricOptions>))]
internal sealed partial class EvaluationJson : JsonSerializerContext;

/// <summary>How a model is explained.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ExplainOptions))]
internal sealed partial class ExplainJson : JsonSerializerContext;

/// <summary>What a gate demands.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GateManifest))]
[JsonSerializable(typeof(Dictionary<string, GateBounds>))]
internal sealed partial class GateJson : JsonSerializerContext;

/// <summary>What is tuned.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TuneManifest))]
internal sealed partial class TuneJson : JsonSerializerContext;
