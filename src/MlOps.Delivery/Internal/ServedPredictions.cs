using System.Globalization;
using System.Text.Json;
using MlOps.Scoring;

namespace MlOps.Delivery.Internal;

/// <summary>Compares served predictions with the trained model's, as float32 numbers and bit by bit: scoring is deterministic, so any difference is a
/// fault.</summary>
internal static class ServedPredictions
{
    /// <summary>One line per row of <c>/score</c>'s <c>predictions</c> that differs.</summary>
    public static IEnumerable<string> Differences(JsonElement predictions, Predictions expected, int start, int count)
    {
        if (predictions.GetArrayLength() != count)
        {
            yield return $"{predictions.GetArrayLength()} predictions for {count} rows";
            yield break;
        }

        var row = start;
        foreach (var prediction in predictions.EnumerateArray())
        {
            if (Difference(prediction, expected, row) is { } difference)
            {
                yield return $"held-out row {row + 1}: {difference}";
            }

            row++;
        }
    }

    /// <summary>One line per output of an inference response, or value in it, that differs in the first rows.</summary>
    public static IEnumerable<string> TensorDifferences(JsonElement outputs, Predictions expected, int count)
    {
        var isRegression = expected.Signature.Task == ModelTask.Regression;
        var name = isRegression ? "prediction" : "probabilities";
        var numbers = outputs.EnumerateArray().First(output => output.GetProperty("name").GetString() == name).GetProperty("data");
        if (numbers.GetArrayLength() != count * expected.Signature.Outputs)
        {
            yield return $"{numbers.GetArrayLength()} numbers for {count} rows";
            yield break;
        }

        for (var i = 0; i < count * expected.Signature.Outputs; i++)
        {
            if (!Same(numbers[i], expected.Values[i]))
            {
                yield return $"number {i + 1}: {numbers[i].GetRawText()} instead of {Text(expected.Values[i])}";
            }
        }
    }

    private static string? Difference(JsonElement prediction, Predictions expected, int row)
    {
        var signature = expected.Signature;
        var values = expected.Row(row);
        if (signature.Task == ModelTask.Regression)
        {
            return Same(prediction, values[0]) ? null : $"{prediction.GetRawText()} instead of {Text(values[0])}";
        }

        var label = prediction.GetProperty("label").GetString();
        if (label != expected.Class(row))
        {
            return $"{label} instead of {expected.Class(row)}";
        }

        var probabilities = prediction.GetProperty("probabilities");
        for (var k = 0; k < values.Length; k++)
        {
            var served = probabilities.GetProperty(signature.Classes[k]);
            if (!Same(served, values[k]))
            {
                return $"{signature.Classes[k]} {served.GetRawText()} instead of {Text(values[k])}";
            }
        }

        return null;
    }

    private static bool Same(JsonElement served, float expected) => served.ValueKind == JsonValueKind.Null
        ? !float.IsFinite(expected)
        : BitConverter.SingleToInt32Bits(served.GetSingle()) == BitConverter.SingleToInt32Bits(expected);

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
