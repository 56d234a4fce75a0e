using System.Text.Json;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Serving.Protocol;

/// <summary>A tensor's element type in the words of the Open Inference Protocol, and which JSON values it takes.</summary>
/// <remarks>See https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md#tensor-data-types.</remarks>
internal sealed record Datatype(string Name, double Min, double Max, bool IsInteger)
{
    private static readonly Datatype Bool = new("BOOL", 0, 0, false);
    private static readonly Datatype Bytes = new("BYTES", 0, 0, false);

    private static readonly Datatype[] All =
    [
        Bool, Bytes,
        new("FP32", float.MinValue, float.MaxValue, false), new("FP64", double.MinValue, double.MaxValue, false),
        new("INT8", sbyte.MinValue, sbyte.MaxValue, true), new("INT16", short.MinValue, short.MaxValue, true),
        new("INT32", int.MinValue, int.MaxValue, true), new("INT64", long.MinValue, long.MaxValue, true),
        new("UINT8", 0, byte.MaxValue, true), new("UINT16", 0, ushort.MaxValue, true),
        new("UINT32", 0, uint.MaxValue, true), new("UINT64", 0, ulong.MaxValue, true),
    ];

    public static string Names => string.Join(", ", All.Select(type => type.Name));

    public static Datatype? Find(string name) => Array.Find(All, type => type.Name == name);

    /// <summary>What a model's metadata says of an input; other datatypes are taken where each value fits.</summary>
    public static string Of(InputColumn input) => input.Kind switch
    {
        FeatureKind.Numeric => input.IsDouble ? "FP64" : "FP32",
        FeatureKind.Boolean => "BOOL",
        FeatureKind.Timestamp => "INT64",
        _ => "BYTES",
    };

    /// <summary>Whether the reader's value is one of this type; null (missing) always is.</summary>
    public bool Takes(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => true,
        JsonTokenType.True or JsonTokenType.False => this == Bool,
        JsonTokenType.String => this == Bytes,
        JsonTokenType.Number => this != Bool && this != Bytes && reader.TryGetDouble(out var value) && value >= Min && value <= Max
            && (!IsInteger || reader.TryGetInt64(out _) || reader.TryGetUInt64(out _)),
        _ => false,
    };
}
