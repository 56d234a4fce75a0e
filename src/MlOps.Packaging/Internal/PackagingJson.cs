using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace MlOps.Packaging.Internal;

/// <summary>The JSON of attestations: foreign formats, so unknown members are passed over; a member that stands twice is not, because two readers would see two documents.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BundleWire))]
[JsonSerializable(typeof(StatementWire))]
[JsonSerializable(typeof(ProvenanceWire))]
[JsonSerializable(typeof(TestResultWire))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class PackagingJson : JsonSerializerContext;
