using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Packaging;
using MlOps.Scoring;

namespace MlOps.Tests.Packaging;

public sealed class ModelCardTests
{
    [Fact]
    public void It_reads_as_people_expect() => Assert.Equal(
        """
        ---
        license: "mit"
        pipeline_tag: tabular-regression
        library_name: onnx
        model-index:
        - name: "rent"
          results:
          - task:
              type: tabular-regression
            dataset:
              type: "bikes"
              name: "bikes"
              split: test
            metrics:
            - type: "rmse"
              value: 1.5
        ---
        # rent

        How many bikes.

        ## Intended use

        Planning.

        ## Data

        Trained on 3 rows of `bikes`, measured on 2 rows that it has not seen. The label is `y`. `profile.json` tells how the training rows were distributed.

        ## Metrics

        | metric | value | interval | constant prediction |
        | --- | --- | --- | --- |
        | rmse | 1.5 | 1.2 to 1.9 | 4 |

        ## By slice

        | slice | rows | rmse |
        | --- | --- | --- |
        | season (missing) | 2 | 1.25 |

        ## Inputs

        | column | kind | seen in training |
        | --- | --- | --- |
        | hour | numeric | 1 to 3 |

        ## Limits

        One town.

        ## Owner

        mobility team

        """.ReplaceLineEndings("\n"), Card("rent", "bikes", "hour"));

    [Theory]
    [InlineData("a \"quoted\" name", "it's: #1")]
    [InlineData("a|b\\|c", "x\ny")]
    [InlineData("{a}: [b]", "- &c *d !e %f @g `h")]
    [InlineData("Größe 👍 \u2028 \u0085 \u007f", "日本")]
    public void Whatever_a_name_holds_its_front_matter_is_YAML_and_its_tables_keep_their_columns(string name, string dataset)
    {
        var card = Card(name, dataset, name);
        var row = card.Split('\n').Single(line => line.EndsWith("| numeric | 1 to 3 |", StringComparison.Ordinal));
        // As GitHub reads a table: an escaped character separates nothing.
        Assert.Equal(4, System.Text.RegularExpressions.Regex.Replace(row, @"\\.", "").Count(letter => letter == '|'));
    }

    [SkippableTheory]
    [InlineData("a \"quoted\" name", "it's: #1")]
    [InlineData("a|b\\|c", "x\ny")]
    [InlineData("{a}: [b]", "- &c *d !e %f @g `h")]
    [InlineData("Größe 👍 \u2028 \u0085 \u007f", "日本")]
    public void Another_reader_of_YAML_reads_the_same_names(string name, string dataset)
    {
        const string Read = "import sys, json, yaml; m = yaml.safe_load(sys.stdin.buffer.read().decode('utf-8').split('---\\n')[1])['model-index'][0]; print(json.dumps([m['name'], m['results'][0]['dataset']['name'], m['results'][0]['metrics'][0]['value']]))";
        var read = Python(Read, Card(name, dataset, "hour"));
        Assert.Equal([name, dataset, "1.5"], JsonNode.Parse(read)!.AsArray().Select(value => value!.ToString()));
    }

    private static string Card(string name, string dataset, string column)
    {
        var signature = new Signature(ModelTask.Regression, "y", [new(column, FeatureKind.Numeric)], []);
        var model = new TrainedModel(signature, [new NumericEncoder(column)], new TreeEnsemble(Link.Identity, [0.5f], [new Tree(0, [0, -1, -1], [2, 0, 0], [true, false, false], [1, 0, 0], [2, 0, 0], [0, 1.5f, -2f])]));
        var content = new PackageContent
        {
            About = new() { Name = name, Owner = "mobility team", Licence = "MIT", Architecture = "trees", Family = "regression", Description = "How many bikes." },
            Model = OnnxModel.Write(model),
            Request = signature,
            Training = new([new NumberColumn(column, [1, 2, 3])]),
            TestRows = 2,
            Metrics = JsonNode.Parse("""{ "metrics": { "rmse": 1.5 }, "intervals": { "rmse": "1.2 to 1.9" }, "baseline": { "rmse": 4 }, "slices": [ { "column": "season", "value": null, "rows": 2, "metrics": { "rmse": 1.25 } } ] }""")!.AsObject(),
            Dataset = dataset,
            Uses = "Planning.",
            Limits = "One town.",
        };
        return Encoding.UTF8.GetString(content.Files().Single(file => file.File.Path == PackageFile.Card).Bytes.Span);
    }

    private static string Python(string script, string input)
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false) })!;
            python.StandardInput.Write(input);
            python.StandardInput.Close();
            var (output, errors) = (python.StandardOutput.ReadToEnd(), python.StandardError.ReadToEnd());
            python.WaitForExit();
            Skip.If(errors.Contains("No module named 'yaml'", StringComparison.Ordinal), "python3-yaml is not installed");
            Assert.True(python.ExitCode == 0, errors);
            return output;
        }
        catch (Win32Exception)
        {
            Skip.If(true, "python3 is not installed");
            return "";
        }
    }
}
