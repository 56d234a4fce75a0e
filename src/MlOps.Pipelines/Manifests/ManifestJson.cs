using System.Text.Json;
using System.Text.Json.Serialization;
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
    Converters = [typeof(CamelCase<ModelTask>), typeof(CamelCase<FeatureKind>), typeof(CamelCase<RegressionLoss>), typeof(CamelCase<MonotoneDirection>),
        typeof(CamelCase<CalibrationKind>), typeof(CamelCase<Driver>), typeof(CamelCase<ColumnType>), typeof(CamelCase<DatasetFormat>)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(WorkspaceManifest))]
[JsonSerializable(typeof(IncludeManifest))]
[JsonSerializable(typeof(ModelManifest))]
[JsonSerializable(typeof(Dictionary<string, ReleaseManifest>))]
[JsonSerializable(typeof(Dictionary<string, GateBounds>))]
[JsonSerializable(typeof(TuneManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

/// <summary>Enum members by their names in camelCase, never by number.</summary>
internal sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
