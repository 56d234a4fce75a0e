using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Pipelines;
using MlOps.Tests;
using Workspace = MlOps.EndToEnd.Tests.Support.Workspace;

namespace MlOps.EndToEnd.Tests;

/// <summary>The README's commands do what the README says: its <c>sh</c> blocks are run in order in a copy of the samples, its <c>text</c> blocks are held against what they print.</summary>
public sealed partial class ReadmeTests
{
    private const string EndOfBlock = "end-of-block", BikeDemand = "models/bike-demand/model.json";
    private static readonly string Readme = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "README.md"));

    [Fact]
    public void Every_command_ends_as_it_says_and_prints_what_stands_below_it()
    {
        using var samples = Workspace.OfSamples();
        using var elsewhere = new Workspace();
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        samples.Replace("nuke.json", "8085", port);
        samples.Write("build.sh", $"#!/bin/sh\nexec sh '{RepositoryFolder.Root}/build.sh' \"$@\"\n");
        samples.Start("chmod", ["+x", samples.At("build.sh")]).Expect(0);
        samples.Run("Train").Expect(0);
        samples.Git("init", "-q");
        samples.Git("add", "nuke.json", "data.lock.json", "models", "build.sh");
        samples.Git("commit", "-qm", "samples");
        var blocks = Blocks();

        samples.Write("readme.sh", Script(blocks.Select(block => block.Commands.Replace("8085", port, StringComparison.Ordinal))));
        var ran = samples.Start("sh", [samples.At("readme.sh")], "TMPDIR=" + elsewhere.Root);

        Assert.True(ran.Exit == 0, ran.Output + ran.Errors);
        var printed = ran.Output.Replace(port, "8085", StringComparison.Ordinal).Split(EndOfBlock);
        for (var i = 0; i < blocks.Count; i++)
        {
            var lines = printed[i].Split('\n').Select(Blanks).ToList();
            var at = 0;
            foreach (var line in blocks[i].Printed.Split('\n').Select(Blanks).Where(line => line is not "" and not "…"))
            {
                var found = lines.FindIndex(at, seen => Holds(seen, line));
                Assert.True(found >= 0, $"not printed (in this order) by\n{blocks[i].Commands}\n{line}\nbut\n{printed[i]}");
                at = found;
            }
        }
    }

    [Fact]
    public void The_code_of_a_model_trains_is_measured_gated_and_tested()
    {
        using var samples = Workspace.OfSamples(withLock: false);
        samples.Write("nuke.json", """{ "name": "city", "data": { "bike-hours": { "path": "models/bike-demand/data/hours.csv" } }, "environments": { "local": { "driver": "process", "port": 8085 } } }""");
        Directory.Delete(samples.At("models/churn"), recursive: true);
        Directory.Delete(samples.At("models/ticket-routing"), recursive: true);
        var model = JsonNode.Parse(File.ReadAllText(samples.At(BikeDemand)))!.AsObject();
        var blocks = ModelCode().Matches(Readme);
        foreach (var (name, value) in blocks.SelectMany(block => JsonNode.Parse($"{{{block.Groups[1].Value}}}")!.AsObject()))
        {
            if (name == "features")
            {
                value!.AsObject().ToList().ForEach(feature => model[name]![feature.Key] = feature.Value!.DeepClone());
            }
            else
            {
                model[name] = value!.DeepClone();
            }
        }

        samples.Write(BikeDemand, model.ToJsonString());
        for (var i = 0; i < blocks.Count; i++)
        {
            samples.Write($"models/bike-demand/Code{i}.cs", blocks[i].Groups[2].Value);
        }

        samples.Run("Train").Expect(0);

        var trained = JsonNode.Parse(samples.Lock)!["models"]!["bike-demand"]!;
        Assert.Equal(2, blocks.Count);
        Assert.True((double)trained["metrics"]!["cost"]! < (double)trained["baseline"]!["cost"]!, trained.ToJsonString());
        Assert.Equal("pass", (string)trained["gate"]!["verdict"]!);
        Assert.Equal(1, (int)trained["tests"]!);
        Assert.NotNull(trained["steps"]!["train"]!["code"]!["BikeDemand.LeastSquares"]);
        Assert.NotNull(trained["steps"]!["prepare"]!["code"]!["BikeDemand.Rides.RushHour"]);
    }

    [Fact]
    public void The_targets_are_those_that_there_are()
    {
        var rows = TargetRow().Matches(Readme).Select(row => (row.Groups[1].Value, row.Groups[2].Value));
        Assert.Equal(Targets.All.Select(target => (target.Name, target.Description)), rows);
    }

    /// <summary>The blocks of commands, each with the text block that follows it at once; not the two commands at the top, of which one is this test run.</summary>
    private static List<(string Commands, string Printed)> Blocks() =>
        [.. Block().Matches(Readme[Readme.IndexOf("\n## ", StringComparison.Ordinal)..]).Select(block => (block.Groups[1].Value, block.Groups[2].Value))];

    /// <summary>Every line is checked for the exit that it names (<c># exit 2</c>), else 0; all that it prints goes to one stream.</summary>
    private static string Script(IEnumerable<string> blocks)
    {
        var script = new StringBuilder("exec 2>&1\n");
        foreach (var block in blocks)
        {
            var end = "";
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                script.Append(line).Append('\n');
                if (end.Length == 0 && HereDocument().Match(line) is { Success: true } begins)
                {
                    end = begins.Groups[1].Value;
                    continue;
                }

                if (end.Length == 0 || line == end)
                {
                    end = "";
                    var exit = NamedExit().Match(line) is { Success: true } named ? named.Groups[1].Value : "0";
                    script.Append(CultureInfo.InvariantCulture, $"code=$?; [ $code = {exit} ] || {{ echo 'the line above ended with' $code; exit 99; }}\n");
                }
            }

            script.Append("echo ").Append(EndOfBlock).Append('\n');
        }

        return script.ToString();
    }

    private static bool Holds(string seen, string line)
    {
        var at = 0;
        foreach (var part in line.Split('…').Select(part => part.Trim()))
        {
            at = seen.IndexOf(part, at, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            at += part.Length;
        }

        return true;
    }

    private static string Blanks(string line) => ManyBlanks().Replace(line, " ").Trim();

    [GeneratedRegex("```sh\n(.*?)```\n(?:```text\n(.*?)```)?", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("```json\n([^`]*)```\n\n```csharp\n([^`]*)```")]
    private static partial Regex ModelCode();

    [GeneratedRegex("^\\| `([A-Z][a-z]+)` \\| (.+) \\|$", RegexOptions.Multiline)]
    private static partial Regex TargetRow();

    [GeneratedRegex("# exit ([0-9]+)")]
    private static partial Regex NamedExit();

    [GeneratedRegex("<<'([A-Z]+)'$")]
    private static partial Regex HereDocument();

    [GeneratedRegex(" +")]
    private static partial Regex ManyBlanks();
}
