using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Oracle;

/// <summary>What ONNX Runtime says of rows.</summary>
/// <param name="Values">Row-major: the prediction, or a probability per class; NaN where it is no finite number.</param>
/// <param name="Labels">The most probable class per row; null for regression.</param>
internal sealed record OracleScores(float[] Values, string[]? Labels);

/// <summary>Scores rows with ONNX Runtime (npm's <c>onnxruntime-node</c>, pinned beside this file, kept in <c>.artifacts</c>).</summary>
internal static class OnnxOracle
{
    private static readonly Lazy<(string? Modules, string Reason)> Installation = new(Install);

    /// <summary>Why the oracle cannot be asked on this machine, or null.</summary>
    public static string? Absent => Installation.Value.Modules is null ? Installation.Value.Reason : null;

    /// <summary>The predictions, or the probabilities per class, row-major.</summary>
    public static float[] Run(byte[] model, Frame frame) => Score(model, frame).Values;

    /// <summary>All that the model says of a frame's rows; the frame has the columns that the model's signature names.</summary>
    public static OracleScores Score(byte[] model, Frame frame) => Score(model, OnnxModel.Read(model).Signature.Inputs, frame);

    /// <summary>All that a model of any program says of a frame's rows; the columns are in the order of the graph's inputs.</summary>
    public static OracleScores Score(byte[] model, IEnumerable<InputColumn> columns, Frame frame)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-oracle-");
        try
        {
            var inputs = columns.Select(input => Wire(input, frame[input.Name]));
            File.WriteAllBytes(Path.Combine(folder.FullName, "model.onnx"), model);
            File.WriteAllText(Path.Combine(folder.FullName, "inputs.json"), JsonSerializer.Serialize(inputs));
            var (exit, error) = Run("node", Source(), [Path.Combine(Source(), "score.cjs"), folder.FullName], Installation.Value.Modules!);
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

    // Installed aside and moved into place: two test processes may do so at once.
    private static (string? Modules, string Reason) Install()
    {
        var pins = File.ReadAllBytes(Path.Combine(Source(), "package-lock.json"));
        var artifacts = Directory.CreateDirectory(Path.Combine(Root(), ".artifacts", "onnx-oracle")).FullName;
        var home = Path.Combine(artifacts, Digest.Of(pins).Hex[..16]);
        var modules = Path.Combine(home, "node_modules");
        try
        {
            if (Directory.Exists(modules))
            {
                return (modules, "");
            }

            var aside = Path.Combine(artifacts, $"install-{Environment.ProcessId}");
            Directory.CreateDirectory(aside);
            File.Copy(Path.Combine(Source(), "package.json"), Path.Combine(aside, "package.json"), overwrite: true);
            File.WriteAllBytes(Path.Combine(aside, "package-lock.json"), pins);
            var (exit, error) = Run("npm", aside, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], "");
            if (exit == 0 && !Directory.Exists(home))
            {
                Directory.Move(aside, home);
            }
            else
            {
                Directory.Delete(aside, recursive: true);
            }

            return exit == 0 ? (modules, "") : (null, $"npm ci failed: {error}");
        }
        catch (IOException) when (Directory.Exists(modules))
        {
            return (modules, "");
        }
        catch (Win32Exception)
        {
            return (null, "node or npm is not installed");
        }
    }

    private static (int Exit, string Error) Run(string program, string folder, string[] arguments, string modules)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["NODE_PATH"] = modules;
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error.Trim());
    }

    private static string Source() => Path.Combine(Root(), "tests", "MlOps.Tests", "Scoring", "Oracle");

    // Not the compiler's path of this file, which is mapped for determinism.
    private static string Root()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "MlOps.sln")))
        {
            root = root.Parent ?? throw new DirectoryNotFoundException("no MlOps.sln above the tests");
        }

        return root.FullName;
    }
}
