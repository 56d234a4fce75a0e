using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Metrics, trainers and tests of a model's own code: what each of them reruns, what the lock tells of them, and what comes of those that misbehave.</summary>
public sealed class ModelUnitsTests : IClassFixture<ModelUnitsTests.Trained>
{
    private const string Model = "models/demand/model.json", Metric = "models/demand/Costs.cs", Trainer = "models/demand/MedianLine.cs", Feature = "models/demand/Rush.cs", Tests = "models/demand/RushTests.cs";

    private readonly Trained _trained;

    public ModelUnitsTests(Trained trained) => _trained = trained;

    [Fact]
    public void The_lock_tells_the_metric_with_its_interval_and_its_gate_and_counts_the_tests()
    {
        using var workspace = _trained.Copy();
        var model = JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!;

        Assert.Equal(Cost(workspace), (double)model["metrics"]!["cost"]!, 1e-4);
        var ends = ((string)model["intervals"]!["cost"]!).Split(" to ").Select(end => double.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange((double)model["metrics"]!["cost"]!, ends[0], ends[1]);
        Assert.True((double)model["baseline"]!["cost"]! > ends[1]);
        Assert.True((double)model["gate"]!["baseline"]!["gain"]! > 0);
        Assert.Equal(3, (int)model["tests"]!);
        Assert.Equal(["BikeDemand.RushTests", "functions", "tests"], model["steps"]!["test"]!["code"]!.AsObject().Select(part => part.Key));
        Assert.Equal(3, (int)model["steps"]!["train"]!["parameters"]!["trainer"]!["sweeps"]!);
        Assert.Equal(0.01, (double)model["steps"]!["train"]!["parameters"]!["trainer"]!["step"]!);
        var slices = JsonNode.Parse(File.ReadAllText(workspace.At(".mlops/out/demand/metrics.json")))!["slices"]!.AsArray();
        Assert.All(slices, slice => Assert.NotNull(slice!["metrics"]!["cost"]));
    }

    [Theory]
    [InlineData(Metric, "Short = 3", "Short = 4", "demand/evaluate demand/gate demand/package")]
    [InlineData(Trainer, "Half = 2", "Half = 2.5", "demand/evaluate demand/explain demand/gate demand/package demand/train")]
    [InlineData(Tests, "IsTrue(8)", "IsTrue(17)", "demand/package demand/test")]
    [InlineData(Feature, "hour is 8", "hour is 7 or 8", "demand/evaluate demand/explain demand/gate demand/package demand/prepare demand/test demand/train")]
    [InlineData(Metric, "return sum", "/* said */ return sum", "")]
    [InlineData(Trainer, "private const double Half", "private static int Unused() => 3;\n    private const double Half", "demand/package")]
    public void What_is_edited_decides_what_reruns(string file, string old, string with, string reruns)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(file, old, with);

        var planned = workspace.Run("Plan --json").Expect(reruns.Length == 0 ? 0 : 2);
        Assert.Equal(reruns, string.Join(' ', NotUpToDate(workspace.Run("Train --json").Expect(0))));
        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
        Assert.NotNull(planned);
    }

    [Fact]
    public void All_failing_tests_are_told_with_their_lines_and_nothing_is_trained()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Tests, "IsTrue(8)", "IsTrue(9)");
        workspace.Replace(Tests, "IsFalse(3)", "IsTrue(3)");
        workspace.Replace(Trainer, "Half = 2", "Half = 2.5");
        var before = workspace.Lock;

        var ran = workspace.Run("Train --keep-going").Expect(1);

        Assert.Contains("MLO8340 error: test 'BikeDemand.RushTests.Eight_is_rush' failed", ran.Errors, StringComparison.Ordinal);
        Assert.Contains("MLO8340 error: test 'BikeDemand.RushTests.Night_is_none' failed", ran.Errors, StringComparison.Ordinal);
        Assert.Contains("where: models/demand/RushTests.cs:9", ran.Errors, StringComparison.Ordinal);
        Assert.Contains("why:   InvalidOperationException: 9 is none", ran.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        Assert.Matches("demand/train +skipped", ran.Output);
        Assert.Equal(before, workspace.Lock);
    }

    [Theory]
    [InlineData("public static double Cost(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)", "public static double Cost(double[] actual, double[] predicted)", "MLO8322", "ReadOnlySpan<double> actual")]
    [InlineData("(ReadOnlySpan<double> actual", "(ReadOnlySpan<float> actual", "MLO8322", "public static double NAME")]
    [InlineData("public static double Cost(", "public static double Price(", "MLO8320", "BikeDemand.Costs.Price")]
    [InlineData("return sum", "if (sum > 0) { throw new InvalidOperationException(\"no price\"); } return sum", "MLO8330", "metric 'BikeDemand.Costs.Cost' failed")]
    [InlineData("return sum", "if (sum > 0) { Environment.Exit(0); } return sum", "MLO8331", "metric 'BikeDemand.Costs.Cost' ends its process")]
    [InlineData("return sum", "while (sum > 0) { } return sum", "MLO8333", "metric 'BikeDemand.Costs.Cost' takes too long")]
    public void A_metric_that_misbehaves_ends_in_a_diagnostic(string old, string with, string code, string told)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"task\"", $"\"limits\": {{ \"timeout\": \"{(code == "MLO8333" ? "3s" : "2m")}\" }}, \"task\"");
        workspace.Replace(Metric, old, with);

        Refused(workspace, code, told);
    }

    [Theory]
    [InlineData("BikeDemand.Costs.Cost", "Costs.Cost", "MLO8320", "did you mean 'BikeDemand.Costs.Cost'?")]
    [InlineData("BikeDemand.Costs.Cost", "Names.Of.Another.City.Costs.Cost", "MLO8320", "did you mean 'BikeDemand.Costs.Cost'?")]
    [InlineData("\"cost\": { \"code\"", "\"mae\": { \"code\"", "MLO6113", "there is one of that name already")]
    [InlineData("\"cost\": { \"max\"", "\"costs\": { \"max\"", "MLO6030", "did you mean 'cost'?")]
    [InlineData("\"cost\": { \"max\"", "\"rmse\": { \"max\"", "MLO2270", "write \"rmse\" in \"gate\" itself")]
    [InlineData("BikeDemand.MedianLine", "BikeDemand.MedianLines", "MLO8341", "did you mean 'BikeDemand.MedianLine'?")]
    [InlineData("BikeDemand.MedianLine", "BikeDemand.Costs", "MLO8344", "it does not derive from MlOps.Learning.TrainerOptions")]
    [InlineData("\"sweeps\": 3", "\"sweep\": 3", "MLO8342", "did you mean 'sweeps'?")]
    [InlineData("\"sweeps\": 3", "\"sweeps\": 2.5", "MLO8343", "it is of type Int32")]
    [InlineData("\"sweeps\": 3", "\"sweeps\": 300", "MLO6001", "allowed is 1 to 100")]
    [InlineData("BikeDemand.RushTests", "BikeDemand.RushTest", "MLO8341", "did you mean 'BikeDemand.RushTests'?")]
    [InlineData("BikeDemand.RushTests", "BikeDemand.Costs", "MLO8345", "no public method of it takes nothing")]
    [InlineData("\"task\"", "\"tune\": { \"search\": { \"sweep\": [1, 5] } }, \"task\"", "MLO2210", "did you mean 'sweeps'?")]
    [InlineData("\"task\"", "\"tune\": { \"search\": { \"sweeps\": [1, 500] } }, \"task\"", "MLO6001", "allowed is 1 to 100")]
    public void A_declaration_that_does_not_fit_the_code_is_refused_with_its_line(string old, string with, string code, string told)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, old, with);

        Assert.Contains("where: models/demand/", Refused(workspace, code, told), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sealed record MedianLine", "abstract record MedianLine", "MLO8344", "it is abstract")]
    [InlineData("public sealed record MedianLine", "internal sealed record MedianLine", "MLO8344", "it is not public")]
    [InlineData("public int Sweeps", "public MedianLine(int sweeps) => Sweeps = sweeps;\n    public int Sweeps", "MLO8344", "no public constructor without parameters")]
    [InlineData("public int Sweeps", "public MedianLine() => throw new InvalidOperationException(\"no luck\");\n    public int Sweeps", "MLO8330", "trainer 'BikeDemand.MedianLine' failed")]
    [InlineData("=> training.Fit(", "=> Sweeps == 3 ? null! : training.Fit(", "MLO6080", "it returned null")]
    [InlineData("[weights], [intercept]", "[weights[1..]], [intercept]", "MLO6080", "one weight per feature")]
    [InlineData("new LinearPredictor", "Sweeps == 3 ? throw new InvalidOperationException(\"no line\") : new LinearPredictor", "MLO8330", "where: models/demand/MedianLine.cs:")]
    public void A_trainer_that_misbehaves_ends_in_a_diagnostic(string old, string with, string code, string told)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Trainer, old, with);

        Refused(workspace, code, told);
    }

    [Theory]
    [InlineData("public void Eight_is_rush() =>", "public bool Seven() => true;\n    public void Eight_is_rush() =>", "MLO8346", "test 'BikeDemand.RushTests.Seven' returns something")]
    [InlineData("public async Task Afternoon", "public async void Afternoon", "MLO8346", "test 'BikeDemand.RushTests.Afternoon_is_rush' is async and returns nothing")]
    [InlineData("public static void Night_is_none() => IsFalse(3)", "public static void Night_is_none<T>() => IsTrue(3)", "MLO8346", "test 'BikeDemand.RushTests.Night_is_none' is generic")]
    [InlineData("public static void Night_is_none() => IsFalse(3)", "public static void Night_is_none(int hour = 3) => IsTrue(hour)", "MLO8346", "test 'BikeDemand.RushTests.Night_is_none' has parameters, all with defaults")]
    [InlineData("public sealed class", "internal sealed class", "MLO8345", "it is not public")]
    [InlineData("private static void IsTrue", "public RushTests(int n) { }\n    private static void IsTrue", "MLO8345", "no public constructor without parameters")]
    [InlineData("IsTrue(8)", "Environment.Exit(0)", "MLO8331", "test 'BikeDemand.RushTests.Eight_is_rush' ends its process")]
    public void Tests_that_could_not_fail_are_refused(string old, string with, string code, string told)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Tests, old, with);

        Refused(workspace, code, told);
    }

    [Theory]
    [InlineData("public sealed class RushTests\n{", "public sealed class RushTests : IDisposable\n{\n    public void Dispose() => throw new InvalidOperationException(\"no end\");\n")]
    [InlineData("public sealed class RushTests\n{", "public sealed class RushTests : IAsyncDisposable\n{\n    public async ValueTask DisposeAsync()\n    {\n        await Task.Yield();\n        throw new InvalidOperationException(\"no end\");\n    }\n")]
    public void What_fails_after_a_test_is_told_after_what_failed_in_it_and_the_others_run(string old, string with)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Tests, old, with);
        workspace.Replace(Tests, "IsTrue(8)", "IsTrue(9)");
        workspace.Replace(Tests, "IsFalse(3)", "IsTrue(3)");

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Equal(
            ["InvalidOperationException: no end", "InvalidOperationException: 9 is none", "InvalidOperationException: no end", "InvalidOperationException: 3 is none"],
            errors.Split('\n').Where(line => line.Contains("why:", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("why:", StringComparison.Ordinal) + 4)..].Trim()));
        Assert.Contains("MLO8340 error: test 'BikeDemand.RushTests.Eight_is_rush' failed when its object was disposed", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_that_ends_its_process_is_told_with_its_type_s_line_after_those_that_failed_before()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Tests, "await Task.Yield();\n        IsTrue(17)", "await Task.Yield();\n        IsTrue(18)");
        workspace.Replace(Tests, "IsTrue(8)", "Environment.Exit(0)");

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains("MLO8340 error: test 'BikeDemand.RushTests.Afternoon_is_rush' failed", errors, StringComparison.Ordinal);
        Assert.Matches("MLO8331 error: test 'BikeDemand.RushTests.Eight_is_rush' ends its process\\s+where: models/demand/RushTests.cs:\\d+", errors);
    }

    [Theory]
    [InlineData("public int Sweeps", "[System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter))]\n    public DayOfWeek Day { get; set; }\n\n    public int Sweeps", "option 'Day' of trainer 'BikeDemand.MedianLine' has a converter")]
    [InlineData("public int Sweeps", "public Pace? Pace { get; set; }\n\n    public int Sweeps", "type 'BikeDemand.Pace' of trainer 'BikeDemand.MedianLine' has a converter")]
    public void A_trainer_whose_options_are_read_by_code_that_the_build_does_not_know_is_refused(string old, string with, string told)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Trainer, old, with);
        File.AppendAllText(workspace.At(Trainer), """

            [Own]
            public sealed record Pace(double Value);

            [AttributeUsage(AttributeTargets.All)]
            public sealed class OwnAttribute : System.Text.Json.Serialization.JsonConverterAttribute
            {
                public override System.Text.Json.Serialization.JsonConverter? CreateConverter(Type typeToConvert) => null;
            }
            """);

        Assert.Matches("where: models/demand/MedianLine.cs:\\d+", Refused(workspace, "MLO8344", told));
    }

    [Fact]
    public void A_trainer_that_cannot_be_asked_is_ended_by_the_limit()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"task\"", "\"limits\": { \"timeout\": \"3s\" }, \"task\"");
        workspace.Replace(Trainer, "public int Sweeps", "public MedianLine()\n    {\n        while (Step > 0)\n        {\n        }\n    }\n\n    public int Sweeps");

        Assert.Contains("where: models/demand/MedianLine.cs:", Refused(workspace, "MLO8333", "trainer 'BikeDemand.MedianLine' takes too long"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Feature, "workingDay && hour", "Loops() && hour", "exec-code")]
    [InlineData(Trainer, "public int Sweeps", "public MedianLine() => Loops();\n    private static bool Loops()\n    {\n        while (Half > 0)\n        {\n        }\n    }\n\n    public int Sweeps", "exec-step")]
    public void No_worker_outlives_a_build_that_is_killed(string file, string old, string with, string command)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(file, old, with);
        if (file == Feature)
        {
            workspace.Replace(file, "public static bool Rush", "private static readonly int Half = 2;\n\n    private static bool Loops()\n    {\n        while (Half > 0)\n        {\n        }\n\n        return true;\n    }\n\n    public static bool Rush");
        }

        List<int> workers = [];
        workspace.During("Train", () => (workers = Workers()).Count > 0, build => build.Kill());
        try
        {
            Assert.NotEmpty(workers);
            Assert.True(SpinWait.SpinUntil(() =>
            {
                Thread.Sleep(100);
                return Workers().Count == 0;
            }, TimeSpan.FromSeconds(20)), "the worker lives on");
        }
        finally
        {
            Workers().ForEach(worker => System.Diagnostics.Process.GetProcessById(worker).Kill());
        }

        List<int> Workers() => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Where(name => CommandLine(name!) is var line && line.Contains(workspace.Root, StringComparison.Ordinal) && line.Contains(command, StringComparison.Ordinal)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))];
    }

    [Fact]
    public void Asking_a_trainer_ends_with_the_build_that_is_interrupted()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Trainer, "public int Sweeps", "public MedianLine()\n    {\n        Console.WriteLine(\"asked\");\n        while (Step > 0)\n        {\n        }\n    }\n\n    public int Sweeps");

        var ran = workspace.During("Plan", () => workspace.CountFiles(".mlops/code") is > 0 && Directory.GetFiles(workspace.At(".mlops/code"), "running*", SearchOption.AllDirectories).Length > 0,
            build => System.Diagnostics.Process.Start("kill", ["-INT", build.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit());

        Assert.Contains("cancelled; lock and store are as they were", ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_metric_that_is_no_number_never_passes()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Metric, "return sum", "return double.NaN * sum");

        var errors = workspace.Run("Train").Expect(3).Errors;

        Assert.Contains("cost is undefined for these test rows", errors, StringComparison.Ordinal);
        Assert.Null(JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["metrics"]!["cost"]);
    }

    [Fact]
    public void Options_of_the_trainer_are_searched_by_the_metric()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"task\"", "\"tune\": { \"trials\": 3, \"metric\": \"cost\", \"search\": { \"sweeps\": [1, 6], \"step\": { \"log\": [0.001, 0.1] } } }, \"task\"");

        workspace.Run("Train").Expect(0);
        var trials = JsonNode.Parse(File.ReadAllText(workspace.At(".mlops/out/demand/trials.json")))!;
        var means = trials["trials"]!.AsArray().Select(trial => (double)trial!["mean"]!).ToList();
        var sweeps = trials["trials"]!.AsArray().Select(trial => (double)trial!["options"]!["sweeps"]!).ToList();

        Assert.Equal(means.IndexOf(means.Min()) + 1, (int)trials["best"]!);
        Assert.Equal(3, sweeps[0]);
        Assert.All(sweeps, sweep => Assert.Equal(Math.Floor(sweep), sweep));
        // What no trial runs reruns none; the metric that they are measured by does.
        workspace.Replace(Tests, "IsTrue(8)", "IsTrue(17)");
        Assert.Equal(["demand/package", "demand/test"], NotUpToDate(workspace.Run("Train --json").Expect(0)));
        workspace.Replace(Metric, "Short = 3", "Short = 4");
        Assert.Contains("demand/tune", NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void The_champion_is_compared_by_the_metric_and_its_code_judges_both()
    {
        using var workspace = _trained.Copy();
        workspace.Write("nuke.json", """{ "name": "city", "data": { "rides": { "path": "models/demand/data.csv" } }, "environments": { "production": { "driver": "process", "port": 8099 } } }""");
        workspace.Replace(Model, "\"baseline\": { \"metric\": \"cost\" }", "\"champion\": { \"environment\": \"production\", \"metric\": \"cost\" }, \"gaps\": { \"workingDay\": { \"cost\": { \"max\": 500 } } }");
        workspace.Write("models/demand/releases.json", $"{{ \"production\": {{ \"model\": \"{Gate(workspace)["candidate"]}\" }} }}\n");
        workspace.Git("init", "-q");
        workspace.Write(".gitignore", ".mlops\nout\n");
        workspace.Run("Train").Expect(0);
        workspace.Git("add", "-A");
        workspace.Git("commit", "-qm", "first");
        Assert.Equal(0, (double)Gate(workspace)["champion"]!["gain"]!);
        Assert.True((double)Gate(workspace)["gaps"]!["workingDay cost"]!["difference"]! > 0);

        workspace.Replace(Trainer, "Half = 2", "Half = 40");
        Assert.Contains("cost is worse than production's", workspace.Run("Train").Expect(3).Errors, StringComparison.Ordinal);
        Assert.True((double)Gate(workspace)["champion"]!["gain"]! < 0);
        workspace.Git("commit", "-qam", "HEAD's lock has the champion's code no more, its history has");
        // What never lost by the old metric may lose by the new one: the champion is measured again as well.
        workspace.Replace(Metric, "return sum", "return -sum");
        workspace.Run("Train").Expect(0);
        Assert.True((double)Gate(workspace)["champion"]!["gain"]! > 0);
    }

    [Fact]
    public void A_trainer_of_two_classes_is_calibrated_has_a_threshold_of_costs_and_is_measured_by_its_calls()
    {
        using var workspace = new Workspace();
        workspace.Write("nuke.json", """{ "name": "city", "data": { "rows": { "path": "models/two/data.csv" } } }""");
        workspace.Write("models/two/model.json", """
            {
              "task": "binary", "data": "rows", "label": "y", "positive": "yes", "weight": "w",
              "features": { "x": "numeric", "z": "numeric" },
              "trainer": { "code": "Two.Centroids" }, "calibrate": "platt", "threshold": { "falsePositive": 1, "falseNegative": 4 },
              "evaluate": { "metrics": { "loss": { "code": "Two.Loss", "better": "lower" } } },
              "gate": { "metrics": { "loss": { "max": 2 } } }
            }
            """);
        workspace.Write("models/two/Two.cs", """
            using MlOps.Learning;
            using MlOps.Scoring;

            public static class Two
            {
                public static double Loss(ReadOnlySpan<bool> actual, ReadOnlySpan<bool> predicted, ReadOnlySpan<double> weights)
                {
                    var (loss, all) = (0.0, 0.0);
                    for (var row = 0; row < actual.Length; row++)
                    {
                        loss += weights[row] * (actual[row] == predicted[row] ? 0 : actual[row] ? 4 : 1);
                        all += weights[row];
                    }

                    return loss / all;
                }

                public record Centroids : TrainerOptions
                {
                    public override string Name => "centroids";

                    public override TrainedModel Fit(Training training) => training.Fit(features => new LinearPredictor(Link.Logistic, [[.. features.Matrix.Dense.Select(column =>
                        Mean(training, column, 1) - Mean(training, column, 0))]], [0]));

                    private static float Mean(Training training, float[] column, int of) => column.Where((_, row) => training.Classes[row] == of).Average();
                }
            }
            """);
        workspace.Replace("models/two/model.json", "Two.Centroids", "Two+Centroids");
        workspace.Write("models/two/data.csv", "x,z,w,y\n" + string.Concat(Enumerable.Range(0, 400).Select(row =>
            string.Create(CultureInfo.InvariantCulture, $"{row * 37 % 101},{row * 53 % 89},{1 + (row % 3)},{((row * 37 % 101) + (row % 29) > 70 ? "yes" : "no")}\n"))));

        workspace.Run("Train").Expect(0);
        var model = JsonNode.Parse(workspace.Lock)!["models"]!["two"]!;

        Assert.Equal("pass", (string)model["gate"]!["verdict"]!);
        Assert.InRange((double)model["threshold"]!, 0.01, 0.49);
        Assert.True((double)model["metrics"]!["auc"]! > 0.9);
        Assert.InRange((double)model["metrics"]!["loss"]!, 0.001, 0.5);
    }

    [Fact]
    public void The_model_is_ONNX_that_scores_without_the_code()
    {
        using var workspace = _trained.Copy();
        workspace.Run("Score --data models/demand/data.csv --out scored.csv --keep rentals").Expect(0);

        Assert.Equal(Trained.Rows, File.ReadLines(workspace.At("scored.csv")).Count() - 1);
    }

    /// <summary>Empty for a process that has just ended.</summary>
    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Refused(Workspace workspace, string code, string told)
    {
        var before = workspace.Lock;
        var errors = workspace.Run("Train").Expect(1).Errors;
        Assert.Contains(code, errors, StringComparison.Ordinal);
        Assert.Contains(told, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(before, workspace.Lock);
        return errors;
    }

    /// <summary>The metric by hand: of the test rows, whose predictions Score gives as well.</summary>
    private static double Cost(Workspace workspace)
    {
        workspace.Run("Score --data models/demand/data.csv --out scored.csv --keep day,rentals").Expect(0);
        var rows = File.ReadLines(workspace.At("scored.csv")).Skip(1).Select(line => line.Split(',')).Where(row => row[0] == "test")
            .Select(row => (Actual: double.Parse(row[1], CultureInfo.InvariantCulture), Predicted: double.Parse(row[2], CultureInfo.InvariantCulture))).ToList();
        return rows.Sum(row => row.Actual > row.Predicted ? 3 * (row.Actual - row.Predicted) : row.Predicted - row.Actual) / rows.Count;
    }

    private static JsonNode Gate(Workspace workspace) => JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["gate"]!;

    private static List<string> NotUpToDate(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! != "up to date").Select(step => (string)step!["step"]!).Order(StringComparer.Ordinal)];

    /// <summary>Rides of real hours, learnt by a trainer of the model's own and measured by a metric of its own.</summary>
    public sealed class Trained : IDisposable
    {
        public const int Rows = 1200;

        private readonly Workspace _workspace = new();

        public Trained()
        {
            _workspace.Write("nuke.json", """{ "name": "city", "data": { "rides": { "path": "models/demand/data.csv" } } }""");
            _workspace.Write(Model, """
                {
                  "task": "regression", "data": "rides", "label": "rentals",
                  "features": {
                    "hour": "categorical", "temperature": "numeric",
                    "rush": { "code": "BikeDemand.Hours.Rush", "from": ["hour", "workingDay"], "kind": "boolean" }
                  },
                  "split": { "by": "column", "column": "day", "test": "test" },
                  "trainer": { "code": "BikeDemand.MedianLine", "sweeps": 3 },
                  "tests": ["BikeDemand.RushTests"],
                  "evaluate": { "slices": ["workingDay"], "metrics": { "cost": { "code": "BikeDemand.Costs.Cost", "better": "lower" } } },
                  "gate": { "metrics": { "cost": { "max": 1000 } }, "baseline": { "metric": "cost" } }
                }
                """);
            _workspace.Write(Metric, """
                namespace BikeDemand;

                /// <summary>What too few bikes cost, and too many.</summary>
                public static class Costs
                {
                    private const double Short = 3;

                    public static double Cost(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)
                    {
                        var sum = 0.0;
                        for (var row = 0; row < actual.Length; row++)
                        {
                            var error = actual[row] - predicted[row];
                            sum += error > 0 ? Short * error : -error;
                        }

                        return sum / actual.Length;
                    }
                }
                """);
            _workspace.Write(Trainer, """
                using MlOps.Learning;
                using MlOps.Scoring;

                namespace BikeDemand;

                /// <summary>The line with the least absolute error, by sweeps over the features.</summary>
                public sealed record MedianLine : TrainerOptions
                {
                    private const double Half = 2;

                    public override string Name => "median-line";

                    public int Sweeps { get; set; } = 5;

                    public double Step { get; set; } = 0.01;

                    public override TrainedModel Fit(Training training) => training.Fit(features =>
                    {
                        var (columns, labels) = (features.Matrix.Dense, training.Numbers);
                        var weights = new float[columns.Length];
                        double[] residuals = [.. labels];
                        var intercept = (float)Median(residuals);
                        residuals = [.. residuals.Select(residual => residual - intercept)];
                        for (var sweep = 0; sweep < Sweeps; sweep++)
                        {
                            for (var j = 0; j < columns.Length; j++)
                            {
                                var column = columns[j];
                                double[] moved = [.. residuals.Where((_, row) => Math.Abs(column[row]) > Step).Zip(column.Where(x => Math.Abs(x) > Step), (residual, x) => residual / x)];
                                var change = moved.Length == 0 ? 0 : (float)(Median(moved) / Half);
                                weights[j] += change;
                                for (var row = 0; row < residuals.Length; row++)
                                {
                                    residuals[row] -= change * column[row];
                                }
                            }
                        }

                        return new LinearPredictor(Link.Identity, [weights], [intercept]);
                    });

                    protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() => [("sweeps", Sweeps, 1, 100), ("step", Step, 0, 1)];

                    private static double Median(double[] values)
                    {
                        var sorted = values.Order().ToArray();
                        return sorted[sorted.Length / 2];
                    }
                }
                """);
            _workspace.Write(Feature, """
                namespace BikeDemand;

                public static class Hours
                {
                    public static bool Rush(double hour, bool workingDay) => workingDay && hour is 8 or 17;
                }
                """);
            _workspace.Write(Tests, """
                namespace BikeDemand;

                public sealed class RushTests
                {
                    private static void IsTrue(double hour)
                    {
                        if (!Hours.Rush(hour, true))
                        {
                            throw new InvalidOperationException($"{hour} is none");
                        }
                    }

                    private static void IsFalse(double hour)
                    {
                        if (Hours.Rush(hour, false))
                        {
                            throw new InvalidOperationException($"{hour} is one");
                        }
                    }

                    public void Eight_is_rush() => IsTrue(8);

                    public static void Night_is_none() => IsFalse(3);

                    public async Task Afternoon_is_rush()
                    {
                        await Task.Yield();
                        IsTrue(17);
                    }
                }
                """);
            var lines = File.ReadLines(Path.Combine(RepositoryFolder.Root, "models/bike-demand/data/hours.csv")).Take(Rows + 1).ToList();
            _workspace.Write("models/demand/data.csv", $"{lines[0]},day\n" + string.Concat(lines.Skip(1).Select((line, row) => $"{line},{(row / 24 % 5 == 4 ? "test" : "train")}\n")));
            _workspace.Run("Train").Expect(0);
        }

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _workspace.Dispose();
    }
}
