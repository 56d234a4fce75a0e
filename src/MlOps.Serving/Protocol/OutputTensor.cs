using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Models;
using MlOps.Serving.Rows;

namespace MlOps.Serving.Protocol;

/// <summary>What a model gives back: <c>prediction</c> FP32 [rows] for numbers; <c>label</c> BYTES [rows] and <c>probabilities</c> FP32 [rows,
/// classes] for classes.</summary>
internal static class OutputTensor
{
    private static readonly string[] OfNumbers = ["prediction"];
    private static readonly string[] OfClasses = ["label", "probabilities"];

    public static IReadOnlyList<string> Names(Signature signature) => signature.Task == ModelTask.Regression ? OfNumbers : OfClasses;

    /// <summary>The tensor's name, datatype and shape; <paramref name="rows"/> −1 stands for any number.</summary>
    public static void WriteHeader(Utf8JsonWriter json, Signature signature, string name, int rows)
    {
        json.WriteString("name"u8, name);
        json.WriteString("datatype"u8, name == "label" ? "BYTES"u8 : "FP32"u8);
        json.WriteStartArray("shape"u8);
        json.WriteNumberValue(rows);
        if (name == "probabilities")
        {
            json.WriteNumberValue(signature.Outputs);
        }

        json.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter json, LoadedModel model, Predictions predictions, string name)
    {
        json.WriteStartObject();
        WriteHeader(json, model.Signature, name, predictions.Rows);
        json.WriteStartArray("data"u8);
        if (name == "label")
        {
            for (var row = 0; row < predictions.Rows; row++)
            {
                json.WriteStringValue(model.Class(predictions, row));
            }
        }
        else
        {
            foreach (var value in predictions.Values)
            {
                JsonNumber.Write(json, value);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
