using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>A model that a program trains: the README's script, from its rows to a service that answers.</summary>
public sealed class OnnxModelTests
{
    [Fact]
    public async Task A_script_trains_and_its_model_is_measured_gated_and_served()
    {
        using var workspace = Line(out var port);

        var trained = workspace.Run("Train --json").Expect(0);

        Assert.Equal(["data/points", "line/evaluate", "line/explain", "line/fit", "line/gate", "line/package", "line/prepare", "line/train"], Ran(trained).Order(StringComparer.Ordinal));
        var model = JsonNode.Parse(workspace.Lock)!["models"]!["line"]!;
        Assert.InRange((double)model["metrics"]!["rmse"]!, 0, 0.001);
        Assert.Equal("pass", (string)model["gate"]!["verdict"]!);
        Assert.Equal(["test.csv", "test.frame", "train.csv", "train.frame"], model["steps"]!["prepare"]!["outputs"]!.AsObject().Select(output => output.Key));
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));

        workspace.Run("Release").Expect(0);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var row = new StringContent("""{"width": 10, "depth": 4}""", Encoding.UTF8, "application/json");
        var scored = JsonNode.Parse(await (await client.PostAsync(new Uri("score/line", UriKind.Relative), row)).Content.ReadAsStringAsync())!;
        workspace.Run("Stop").Expect(0);
        Assert.Contains("27", scored.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_script_reruns_what_its_model_reaches_and_no_more()
    {
        using var workspace = Line(out _);
        workspace.Run("Train").Expect(0);
        workspace.Git("init", "-q");
        workspace.Git("add", "nuke.json", "data.lock.json", "models");
        workspace.Git("commit", "-qm", "line");
        var before = workspace.Lock;

        workspace.Replace("models/line/fit.py", "# Least squares", "# The least squares");
        Assert.Equal(["line/fit"], Ran(workspace.Run("Train --json").Expect(0)));

        workspace.Replace("models/line/fit.py", "[intercept]", "[intercept + 1]");
        Assert.Equal(["line/evaluate", "line/explain", "line/fit", "line/gate", "line/package", "line/train"], Ran(workspace.Run("Train --json").Expect(3)).Order(StringComparer.Ordinal));

        workspace.Replace("models/line/fit.py", "# The least squares", "# Least squares");
        workspace.Replace("models/line/fit.py", "[intercept + 1]", "[intercept]");
        workspace.Run("Train").Expect(0);
        Assert.Equal(before, workspace.Lock);
    }

    [Theory]
    [InlineData("MLO5012", "operator Relu is not supported", "fit.py", "\"ai.onnx.ml\", \"Imputer\"", "\"\", \"Relu\"")]
    [InlineData("MLO5013", "input 'widths' is no feature; is 'width' meant?", "fit.py", "features = header[:-1]", "features = ['depth', 'widths']")]
    [InlineData("MLO5014", "its outputs are", "fit.py", "tensor(12, \"variable\")", "tensor(12, \"variable\") + tensor(12, \"filled\")")]
    [InlineData("MLO5010", "damaged or no ONNX file", "fit.py", "file.write(", "file.write(b'no model' or ")]
    [InlineData("MLO2004", "'../line.onnx' is not a path", "model.json", "\"file\": \"line.onnx\"", "\"file\": \"../line.onnx\"")]
    [InlineData("MLO3005", "models/line/gone.onnx", "model.json", "\"file\": \"line.onnx\"", "\"file\": \"gone.onnx\"")]
    public void A_model_that_does_not_fit_is_refused_with_the_place_that_names_it(string code, string why, string file, string old, string with)
    {
        using var workspace = Line(out _);
        workspace.Replace($"models/line/{file}", old, with);

        var failed = workspace.Run("Train").Expect(1);

        Assert.Contains($"{code} error", failed.Errors, StringComparison.Ordinal);
        Assert.Contains(why, failed.Errors, StringComparison.Ordinal);
        Assert.Contains("where: models/line/model.json", failed.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("model.onnx", File.Exists(workspace.At("data.lock.json")) ? workspace.Lock : "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_the_workspace_is_a_model_too_and_its_bytes_are_watched()
    {
        using var workspace = Line(out _);
        workspace.Run("Train").Expect(0);
        File.Copy(workspace.At(".mlops/out/models/line/line.onnx"), workspace.At("models/line/mine.onnx"));
        workspace.Replace("models/line/model.json", "\"file\": \"line.onnx\"", "\"file\": \"mine.onnx\"");

        Assert.Equal(["line/train"], Ran(workspace.Run("Train --json").Expect(0)));
        Assert.Empty(Ran(workspace.Run("Train --json").Expect(0)));

        File.WriteAllText(workspace.At("models/line/mine.onnx"), "no model");
        Assert.Contains("MLO5010", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_results_are_listed_compared_and_explained_by_what_its_program_read()
    {
        using var workspace = Committed(out var first);
        workspace.Replace("models/line/model.json", "BIAS=0", "BIAS=0.2");
        Assert.Contains("line/fit: parameter env.BIAS changed: \"0\" → \"0.2\"", workspace.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);

        var listed = workspace.Run("Experiments --json").Expect(0).Json["line"]!.AsArray();
        Assert.Equal([first, (string)listed[1]!["name"]!], listed.Select(experiment => (string)experiment!["name"]!));
        Assert.Equal([false, true], listed.Select(experiment => (bool)experiment!["pinned"]!));
        Assert.Matches("line +seen +rmse +mae +r2 +gate +env.BIAS\n", workspace.Run("Experiments").Expect(0).Output);
        Assert.Equal(["fit/parameters/env/BIAS"], workspace.Run("Compare lock HEAD --json").Expect(0).Json["differences"]!.AsObject().Select(part => part.Key));
        var explained = workspace.Run("Explain line").Expect(0).Output;
        Assert.Contains("line/fit: parameters env BIAS \"0\" → \"0.2\" (ran, ", explained, StringComparison.Ordinal);
        Assert.Matches("line/train: input file.onnx of line/fit changed: [0-9a-f]{8} → [0-9a-f]{8}", explained);
        Assert.Contains("line: rmse 0 → 0.2", explained, StringComparison.Ordinal);

        // The same bytes, as a file of the workspace that no step makes.
        File.Copy(workspace.At(".mlops/out/models/line/line.onnx"), workspace.At("models/line/mine.onnx"));
        workspace.Replace("models/line/model.json", "\"file\": \"line.onnx\"", "\"file\": \"mine.onnx\"");
        Assert.Contains("line/train: parameter trainer.file changed: \"line.onnx\" → \"mine.onnx\"; input file.onnx changed", workspace.Run("Explain line").Expect(0).Output, StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);
        Assert.Matches("line/train: inputs file.onnx none → [0-9a-f]{8}; parameters trainer file \"line.onnx\" → \"mine.onnx\"", workspace.Run("Explain line").Expect(0).Output);
        Assert.Equal(3, workspace.Run("Experiments --json").Expect(0).Json["line"]!.AsArray().Count);
        Assert.Contains(first, workspace.Run($"Compare lock {first}").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Experiments_and_Explain_say_what_is_missing()
    {
        using var workspace = Committed(out var first);
        Directory.Delete(workspace.At(".mlops/store/objects"), recursive: true);
        Assert.Contains($"{first} (lock, model gone)", workspace.Run("Experiments").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("line/fit: depends on line/prepare", workspace.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains(first, workspace.Run("Compare lock HEAD").Expect(0).Output, StringComparison.Ordinal);

        File.Delete(workspace.At("data.lock.json"));
        Assert.Contains($"{first} (model gone)", workspace.Run("Experiments").Expect(0).Output, StringComparison.Ordinal);
        var explained = workspace.Run("Explain").Expect(0).Output;
        Assert.Contains("line/fit: gone from the lock", explained, StringComparison.Ordinal);
        Assert.Contains("line/fit: never built", explained, StringComparison.Ordinal);
        Directory.Delete(workspace.At(".mlops/store"), recursive: true);
        Assert.Contains("line: no results yet; ./build.sh Train makes the first", workspace.Run("Experiments").Expect(0).Output, StringComparison.Ordinal);

        workspace.Replace("models/line/model.json", "\"file\": \"line.onnx\"", "\"file\": \"gone.onnx\"");
        Assert.Contains("MLO3005 error: 'models/line/gone.onnx' is missing", workspace.Run("Explain").Expect(1).Errors, StringComparison.Ordinal);
        workspace.Run("Experiments").Expect(0);
    }

    /// <summary>The trained line in a git repository, with a bias that its program reads from its environment; and the name of its result.</summary>
    private static Workspace Committed(out string name)
    {
        var workspace = Line(out _);
        workspace.Replace("models/line/fit.py", "[intercept]", "[intercept + float(os.environ['BIAS'])]");
        workspace.Replace("models/line/fit.py", "import csv, struct", "import csv, os, struct");
        workspace.Replace("models/line/model.json", "\"writes\"", "\"env\": [\"BIAS=0\"], \"writes\"");
        workspace.Write(".gitignore", ".mlops/\n");
        workspace.Git("init", "-q");
        workspace.Run("Train").Expect(0);
        workspace.Git("add", ".");
        workspace.Git("commit", "-qm", "all");
        name = (string)workspace.Run("Experiments --json").Expect(0).Json["line"]!.AsArray().Single()!["name"]!;
        return workspace;
    }

    /// <summary>Rows of <c>2 · width + depth + 3</c>, and the README's script.</summary>
    internal static Workspace Line(out int port)
    {
        var workspace = new Workspace();
        port = Ports.Free();
        workspace.Write("nuke.json", $$"""
            { "name": "lines", "data": { "points": { "path": "points.csv" } }, "environments": { "local": { "driver": "process", "port": {{port.ToString(CultureInfo.InvariantCulture)}} } } }
            """);
        workspace.Write("points.csv", "width,depth,area\n" + string.Concat(Enumerable.Range(0, 200).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{i * 7 % 31 / 4.0},{i * 5 % 17},{(i * 7 % 31 / 2.0) + (i * 5 % 17) + 3}\n"))));
        workspace.Write("models/line/model.json", """
            {
              "task": "regression", "data": "points", "label": "area",
              "features": { "width": "numeric", "depth": "numeric" },
              "trainer": { "name": "onnx", "file": "line.onnx" },
              "steps": { "fit": { "run": ["python3", "fit.py"], "reads": ["fit.py", "@prepare"], "writes": ["line.onnx"] } },
              "gate": { "rmse": { "max": 0.5 } },
              "serve": { "examples": [ { "input": { "width": 1, "depth": 1 }, "expect": { "min": 5.99, "max": 6.01 } } ] }
            }
            """);
        var readme = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "README.md"));
        var start = readme.IndexOf("```python\n", StringComparison.Ordinal) + "```python\n".Length;
        workspace.Write("models/line/fit.py", readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)]);
        return workspace;
    }

    private static List<string> Ran(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! == "ran").Select(step => (string)step!["step"]!)];
}
