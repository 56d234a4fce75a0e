using System.Globalization;
using System.Text.Json;
using MlOps.Data;
using MlOps.Tests;

namespace MlOps.Scoring.Oracle;

/// <summary>What ONNX Runtime says of rows.</summary>
/// <param name="Values">Row-major: the prediction, or a probability per class; NaN where it is no finite number.</param>
/// <param name="Labels">The most probable class per row; null for regression.</param>
internal sealed record OracleScores(float[] Values, string[]? Labels);

/// <summary>Scores rows with ONNX Runtime (npm's <c>onnxruntime-node</c>, pinned beside this file, kept in <c>.artifacts</c>).</summary>
internal static class OnnxOracle
{
    private static readonly NpmPackages Packages = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Scoring", "Oracle"), "onnx-oracle");

    /// <summary>Why the oracle cannot be asked on this machine, or null.</summary>
    public static string? Absent => Packages.Absent;

    /// <summary>The predictions, or the probabilities per class, row-major.</summary>
    public static float[] Run(byte[] model, Frame frame) => Score(model, frame).Values;

    /// <summary>All that the model says of a frame's rows; the frame has the columns that the model's signature names.</summary>
    public static OracleScores Score(byte[] model, Frame frame)
    {
        var read = OnnxModel.Read(model);
        var hashed = read.Encoders.OfType<HashEncoder>().ToDictionary(encoder => encoder.Column, StringComparer.Ordinal);
        return Ask(model, read.Signature.Inputs.Select(input => hashed.TryGetValue(input.Name, out var hash) ? Buckets(hash, frame[input.Name]) : Wire(input, frame[input.Name])));
    }

    /// <summary>All that a model of any program says of a frame's rows; the columns are in the order of the graph's inputs.</summary>
    public static OracleScores Score(byte[] model, IEnumerable<InputColumn> columns, Frame frame) => Ask(model, columns.Select(input => Wire(input, frame[input.Name])));

    private static OracleScores Ask(byte[] model, IEnumerable<Dictionary<string, object>> inputs)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-oracle-");
        try
        {
            File.WriteAllBytes(Path.Combine(folder.FullName, "model.onnx"), model);
            File.WriteAllText(Path.Combine(folder.FullName, "inputs.json"), JsonSerializer.Serialize(inputs));
            var (exit, error) = NpmPackages.Run(Packages.Script("score.cjs", folder.FullName));
            if (exit != 0)
            {
                throw new InvalidOperationException($"ONNX Runtime: {error}");
            }

            using var outputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.FullName, "outputs.json")));
            var labels = outputs.RootElement.GetProperty("labels");
            return new(
                [.. outputs.RootElement.GetProperty("values").EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? float.NaN : (float)v.GetDouble())],
                labels.ValueKind == JsonValueKind.Null ? null : [.. labels.EnumerateArray().Select(l => l.GetString()!)]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // What the metadata say a hashed column's input takes.
    private static Dictionary<string, object> Buckets(HashEncoder hash, Column column) => new()
    {
        ["type"] = "int64",
        ["data"] = Enumerable.Range(0, column.Length).Select(r => hash.BucketOf(column.Text(r)).ToString(CultureInfo.InvariantCulture)),
    };

    private static Dictionary<string, object> Wire(InputColumn input, Column column)
    {
        var rows = Enumerable.Range(0, column.Length);
        var (type, data) = input.Kind switch
        {
            FeatureKind.Numeric or FeatureKind.Boolean => ("float32", (object)rows.Select(r => Number(column, r))),
            FeatureKind.Timestamp => ("int64", rows.Select(r => Milliseconds(column, r).ToString(CultureInfo.InvariantCulture))),
            _ => ("string", rows.Select(r => column.Text(r) ?? "")),
        };
        return new() { ["type"] = type, ["data"] = data };
    }

    private static long Milliseconds(Column column, int row) => column is TimestampColumn instants ? instants.Values[row] : TimestampColumn.Missing;

    private static float? Number(Column column, int row) => column.IsMissing(row) ? null : column switch
    {
        NumberColumn numbers => (float)numbers.Values[row],
        BooleanColumn booleans => booleans.Values[row],
        _ => throw new ArgumentException($"column '{column.Name}' holds no numbers"),
    };
}
