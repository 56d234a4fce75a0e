using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Tests.Learning.Oracle;

/// <summary>What scikit-learn says: asked where Debian's Python has it, and else what it said when MLOPS_WRITE_GOLDENS was set.</summary>
internal static class Sklearn
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <param name="name">The file of the answer beside this one.</param>
    /// <param name="script">Reads <c>given</c>, makes <c>answer</c>; has numpy as <c>np</c>.</param>
    public static JsonNode Ask(string name, string script, JsonNode given)
    {
        var file = Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Learning", "Oracle", name + ".json");
        var said = Run($"import json, sys\nimport numpy as np\nimport sklearn\ngiven = json.load(sys.stdin)\n{script}\nprint(json.dumps(answer))\n", given.ToJsonString());
        if (said is null)
        {
            return JsonNode.Parse(File.ReadAllBytes(file))!;
        }

        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_GOLDENS") == "1")
        {
            File.WriteAllText(file, JsonNode.Parse(said)!.ToJsonString(Indented) + "\n");
        }

        return JsonNode.Parse(said)!;
    }

    public static JsonArray Numbers<T>(IEnumerable<T> numbers) => new([.. numbers.Select(number => JsonValue.Create(number))]);

    /// <summary>What the program printed; null where there is no scikit-learn.</summary>
    private static string? Run(string script, string input)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python))
        {
            return null;
        }

        using var python = Process.Start(new ProcessStartInfo(Python, ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = new StringBuilder();
        python.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        python.BeginErrorReadLine();
        try
        {
            python.StandardInput.Write(input);
            python.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read, for want of a module; what it printed says so.
        }

        var output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0 ? output
            : errors.ToString().Contains("ModuleNotFoundError", StringComparison.Ordinal) ? null : throw new InvalidOperationException(errors.ToString());
    }
}
