using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Models with C# of their own: what reruns when it changes, what comes of it when it misbehaves, and that scoring computes what training computed.</summary>
public sealed class ModelCodeTests : IClassFixture<ModelCodeTests.Trained>
{
    private const string Code = "models/demand/Demand.cs";

    private readonly Trained _trained;

    public ModelCodeTests(Trained trained) => _trained = trained;

    [Fact]
    public void A_comment_and_code_that_is_not_reached_rerun_nothing_but_what_ships_it()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "    public static Frame", "    // what the sensors send\n    public static int Unused() => 3;\n\n    public static Frame");

        // The compiled code ships with the model: its package is another, and nothing else.
        Assert.Equal(["demand/package"], NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void A_changed_constant_reruns_prepare_and_what_follows_and_Explain_names_the_function()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Coldest = 0", "Coldest = 5");

        var told = workspace.Run("Explain demand/prepare").Expect(0).Output;

        Assert.Contains("code Demand.Clean changed", told, StringComparison.Ordinal);
        Assert.Contains("changed static Demand.Clean(MlOps.Data.Frame):MlOps.Data.Frame (models/demand/Demand.cs:9)\n", told, StringComparison.Ordinal);
        // The method's own lines are the same; the constant's are not.
        Assert.Contains("    -    private const double Coldest = 0;\n    +    private const double Coldest = 5;\n", told, StringComparison.Ordinal);
        Assert.Equal(["demand/evaluate", "demand/explain", "demand/package", "demand/prepare", "demand/train"], NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void What_changed_between_revisions_is_told_with_the_way_to_it_though_this_machine_never_built_them()
    {
        using var workspace = _trained.Copy();
        workspace.Git("init", "-q");
        workspace.Write(".gitignore", ".mlops\nout\n");
        workspace.Git("add", "-A");
        workspace.Git("commit", "-qm", "first");
        workspace.Replace("models/shared/Hours.cs", "hour is 8", "hour is 9");
        workspace.Run("Train").Expect(0);
        workspace.Git("commit", "-qam", "second");
        workspace.Replace(Code, "Coldest = 0", "Coldest = 5");
        Directory.Delete(workspace.At(".mlops"), recursive: true);

        var told = workspace.Run("Explain demand HEAD~1 HEAD").Expect(0).Output;
        var code = workspace.Run("Explain demand HEAD~1 HEAD --json").Expect(0).Json["landed"]!["code"]!.AsArray().Single(part => (string)part!["name"]! == "Demand.Rush")!;

        Assert.Contains("changed static Hours.IsRush(Double):Boolean (models/shared/Hours.cs:1)\n      reached by Demand.Rush (models/demand/Demand.cs:13) → Hours.IsRush (models/shared/Hours.cs:1)\n", told, StringComparison.Ordinal);
        Assert.Contains("--- models/shared/Hours.cs\n    +++ models/shared/Hours.cs\n    @@ -1,1 +1,1 @@\n    -internal static class Hours { public static bool IsRush(double hour) => hour is 8 or 17; }\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Coldest", told, StringComparison.Ordinal);
        Assert.Equal("models/shared/Hours.cs:1-1", (string)code["members"]![0]!["where"]!);
        Assert.Equal("models/shared/Hours.cs", (string)code["sources"]![0]!["file"]!);
        Assert.Contains("+internal static class Hours { public static bool IsRush(double hour) => hour is 9 or 17; }", (string)code["sources"]![0]!["diff"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_shows_no_line_that_only_stood_there_in_between()
    {
        using var workspace = _trained.Copy();
        workspace.Git("init", "-q");
        workspace.Write(".gitignore", ".mlops\nout\n");
        workspace.Git("add", "-A");
        workspace.Git("commit", "-qm", "first");
        // Tried, and not kept: what Clean does stays the same, so that both states of the file have one digest of it.
        workspace.Replace(Code, "? 10 : 20", "? 110 : 20");
        workspace.Run("Plan").Expect(2);
        workspace.Replace(Code, "? 110 : 20", "? 10 : 20");
        workspace.Replace(Code, "Coldest = 0", "Coldest = 5");
        workspace.Run("Train").Expect(0);
        workspace.Git("commit", "-qam", "second");
        workspace.Replace(Code, "? 10 : 20", "? 210 : 20");
        workspace.Run("Plan").Expect(2);
        workspace.Replace(Code, "? 210 : 20", "? 10 : 20");
        foreach (var kept in Directory.GetDirectories(workspace.At(".mlops/code")).Where(folder => !Tried(folder)))
        {
            Directory.Delete(kept, recursive: true);
        }

        var told = workspace.Run("Explain HEAD~1 HEAD").Expect(0).Output;
        workspace.Replace(Code, "Coldest = 5", "Coldest = 6");
        var pending = workspace.Run("Explain").Expect(0).Output;

        Assert.Contains("    -    private const double Coldest = 0;\n    +    private const double Coldest = 5;\n", told, StringComparison.Ordinal);
        Assert.Contains("    -    private const double Coldest = 5;\n    +    private const double Coldest = 6;\n", pending, StringComparison.Ordinal);
        Assert.DoesNotContain("10 : 20", Changed(told + pending), StringComparison.Ordinal);

        static string Changed(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimStart()).Where(line => line.StartsWith('+') || line.StartsWith('-')));

        static bool Tried(string folder)
        {
            using var symbols = new CodeSymbols(File.ReadAllBytes(Directory.GetFiles(folder, "*.pdb").Single()));
            return symbols.Sources()[Code].Contains("110 : 20", StringComparison.Ordinal) || symbols.Sources()[Code].Contains("210 : 20", StringComparison.Ordinal);
        }
    }

    /// <remarks>By the hash of the row: of what the dataset says, not of what is computed of it.</remarks>
    [Fact]
    public void Another_feature_leaves_the_test_rows_as_they_are()
    {
        using var workspace = _trained.Copy();
        var before = JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["baseline"]!.ToJsonString();
        workspace.Replace("models/shared/Hours.cs", "hour is 8", "hour is 9");
        workspace.Run("Train").Expect(0);

        Assert.NotEqual("{}", before);
        Assert.Equal(before, JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["baseline"]!.ToJsonString());
    }

    [Theory]
    [InlineData("code.json", "")]
    [InlineData("code.json", "{ \"files\": 3 }")]
    [InlineData("Models.demand.dll", "")]
    [InlineData("Models.demand.pdb", "no symbols")]
    public void Damaged_compiled_code_is_compiled_again(string file, string text)
    {
        using var workspace = _trained.Copy();
        var kept = Directory.GetFiles(workspace.At(".mlops/code"), file, SearchOption.AllDirectories).Single();
        File.WriteAllText(kept, text);
        workspace.Replace("models/demand/model.json", "\"temperature\": \"numeric\"", "\"temperature\": \"numeric\", \"hour\": \"numeric\"");

        workspace.Run("Train").Expect(0);

        Assert.NotEqual(text, File.ReadAllText(kept));
        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    /// <remarks>The compiler is held up by its own input: a file of many lines takes it a while, in which another is saved.</remarks>
    [Fact]
    public async Task What_is_saved_while_it_is_compiled_is_the_next_builds()
    {
        using var workspace = _trained.Copy();
        workspace.Write("models/demand/Slow.cs", "internal static class Slow\n{\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"    public static int F{i}(int x) => x + {i};\n")) + "}\n");
        var before = await File.ReadAllTextAsync(workspace.At("models/shared/Hours.cs"));
        var compiles = Directory.GetDirectories(Path.GetTempPath(), "mlops-compile-*").ToHashSet();
        var building = Task.Run(() => workspace.Run("Train").Expect(0));
        for (var i = 0; i < 2000 && !building.IsCompleted && Directory.GetDirectories(Path.GetTempPath(), "mlops-compile-*").All(compiles.Contains); i++)
        {
            await Task.Delay(5);
        }

        workspace.Write("models/shared/Hours.cs", before.Replace("hour is 8", "hour is 9", StringComparison.Ordinal));
        await building;
        workspace.Write("models/shared/Hours.cs", before);
        workspace.Run("Train").Expect(0);
        var kept = workspace.Lock;
        Directory.Delete(workspace.At(".mlops/code"), recursive: true);
        workspace.Run("Train").Expect(0);

        Assert.Equal(kept, workspace.Lock);
    }

    [Fact]
    public void A_link_to_outside_of_the_workspace_is_no_source()
    {
        using var workspace = _trained.Copy();
        using var other = new Workspace();
        other.Write("Hours.cs", "internal static class Outside { }\n");
        File.CreateSymbolicLink(workspace.At("models/demand/Outside.cs"), other.At("Hours.cs"));
        Assert.Contains("MLO2272", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);

        File.Delete(workspace.At("models/demand/Outside.cs"));
        File.CreateSymbolicLink(workspace.At("models/demand/Nothing.cs"), "nothing.cs");
        Assert.Contains("models/demand/Nothing.cs", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    /// <remarks>The champion learnt from the column as the code was then; today's would make it look worse than it is.</remarks>
    [Fact]
    public void A_champion_is_not_measured_on_columns_that_other_code_computed()
    {
        using var workspace = _trained.Copy();
        workspace.Git("init", "-q");
        workspace.Write(".gitignore", ".mlops\nout\n");
        var champion = (string)JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["steps"]!["train"]!["outputs"]!["model.onnx"]!;
        workspace.Write("models/demand/releases.json", $"{{ \"production\": {{ \"model\": \"{champion}\", \"version\": \"1.0.0\" }} }}");
        workspace.Replace("nuke.json", "\"name\"", "\"environments\": { \"production\": { \"driver\": \"process\" } }, \"name\"");
        workspace.Replace("models/demand/model.json", "\"task\"", "\"gate\": { \"champion\": { \"environment\": \"production\", \"metric\": \"rmse\" } }, \"task\"");
        workspace.Run("Train").Expect(0);
        var same = JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["gate"]!;
        Assert.NotNull(same["champion"]!["rows"]);
        workspace.Git("add", "-A");
        workspace.Git("commit", "-qm", "first");
        workspace.Replace("models/shared/Hours.cs", "hour is 8 or 17", "hour is 3");

        workspace.Run("Train").Expect(0);
        var other = JsonNode.Parse(workspace.Lock)!["models"]!["demand"]!["gate"]!;
        Assert.Equal("inconclusive", (string?)other["verdict"]);
        Assert.Contains("'rush' as other code computed it", other["reasons"]!.ToJsonString().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void Whether_a_parameter_may_be_null_counts()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Clean(Frame table)", "Clean(Frame? table)");

        Assert.Contains("changed nullability of Demand.Clean", workspace.Run("Explain demand/prepare").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("demand/prepare", NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void The_label_is_no_source_of_a_feature()
    {
        using var workspace = _trained.Copy();
        workspace.Replace("models/demand/model.json", "[\"hour\", \"workingDay\"]", "[\"rentals\", \"workingDay\"]");

        Assert.Contains("MLO2267", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_not_called_as_the_folder_that_all_share()
    {
        using var workspace = _trained.Copy();
        File.Copy(workspace.At("models/demand/model.json"), workspace.At("models/shared/model.json"));

        Assert.Contains("MLO2268", workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_in_use_is_compiled_once_however_much_else_there_is()
    {
        using var workspace = _trained.Copy();
        var (cache, old) = (workspace.At(".mlops/code"), DateTime.UtcNow.AddDays(-9));
        var inUse = Directory.GetDirectories(cache).Single();
        Directory.SetLastWriteTimeUtc(inUse, old);
        for (var i = 0; i < 40; i++)
        {
            Directory.SetLastWriteTimeUtc(Directory.CreateDirectory(Path.Combine(cache, $"other{i}")).FullName, old.AddHours(1));
        }

        var compiled = File.GetLastWriteTimeUtc(Path.Combine(inUse, "code.json"));
        workspace.Run("Plan").Expect(0);

        Assert.Equal(compiled, File.GetLastWriteTimeUtc(Path.Combine(inUse, "code.json")));
        Assert.Equal(33, Directory.GetDirectories(cache).Length);
    }

    [Fact]
    public void An_empty_text_in_a_prepared_table_is_a_missing_cell()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Console.WriteLine(\"cleaning\");", "table = new([.. table.Columns, new StringColumn(\"note\", [.. Enumerable.Range(0, table.RowCount).Select(row => row % 2)], [\"\", \"noted\"])]);");
        workspace.Replace("models/demand/model.json", "\"temperature\": \"numeric\"", "\"temperature\": \"numeric\", \"note\": \"categorical\"");

        workspace.Run("Train").Expect(0);
    }

    [Fact]
    public void Code_that_does_not_compile_keeps_nobody_from_stopping_and_cleaning()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Coldest = 0", "Coldest = zero");

        workspace.Run("Stop").Expect(0);
        workspace.Run("Clean").Expect(0);
    }

    [Fact]
    public void A_feature_that_fails_in_scoring_is_told_with_its_row_and_its_line()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Hours.IsRush(hour) ? 10", "hour > 23 ? throw new ArgumentException(\"no such hour\") : Hours.IsRush(hour) ? 10");
        workspace.Run("Train").Expect(0);
        workspace.Write("new.csv", "hour,workingDay,temperature\n5,true,20\n24,false,20\n24,true,20\n");

        var errors = workspace.Run("Score --data new.csv --out scored.csv").Expect(1).Errors;

        Assert.Contains("MLO8330 error: function 'Demand.Rush' failed for row 3 of the table", errors, StringComparison.Ordinal);
        Assert.Contains("where: models/demand/Demand.cs:13", errors, StringComparison.Ordinal);
        Assert.Contains("ArgumentException: no such hour", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.At("scored.csv")));
    }

    [Fact]
    public void A_file_that_code_writes_lands_in_its_own_folder_and_is_warned_of()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Console.WriteLine(\"cleaning\");", "File.WriteAllText(\"left.txt\", \"left\");");

        Assert.Contains("the file system", workspace.Run("Train").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(workspace.Root, "left.txt", SearchOption.AllDirectories));
    }

    [Fact]
    public void Folds_by_time_of_a_label_that_is_the_time_are_tuned_over()
    {
        using var workspace = _trained.Copy();
        workspace.Replace("models/demand/model.json", "\"label\": \"rentals\"", "\"label\": \"temperature\"");
        workspace.Replace("models/demand/model.json", "\"temperature\": \"numeric\"", "\"rentals\": \"numeric\"");
        workspace.Replace("models/demand/model.json", "\"trainer\"", "\"split\": { \"by\": \"time\", \"column\": \"temperature\", \"test\": 0.2 }, \"tune\": { \"trials\": 2, \"search\": { \"leaves\": [4, 8] } }, \"trainer\"");

        workspace.Run("Train").Expect(0);
    }

    [Fact]
    public void Another_models_code_reruns_nothing()
    {
        using var workspace = _trained.Copy();
        workspace.Write("models/other/Other.cs", "public static class Other { public static int Two() => 2; }");

        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void Shared_code_that_is_reached_counts()
    {
        using var workspace = _trained.Copy();
        workspace.Replace("models/shared/Hours.cs", "hour is 8", "hour is 9");

        Assert.Contains("demand/prepare", NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void Code_that_does_not_compile_is_told_with_its_line()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Coldest = 0", "Coldest = zero");

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains("MLO8301", errors, StringComparison.Ordinal);
        Assert.Contains("where: models/demand/Demand.cs:5:", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throw new InvalidOperationException(\"too cold\");", "MLO8330", "where: models/demand/Demand.cs:9", "InvalidOperationException: too cold")]
    [InlineData("Environment.Exit(0);", "MLO8331", "ends its process", "")]
    [InlineData("Environment.FailFast(\"no\");", "MLO8332", "crashed", "where: models/demand/Demand.cs:9")]
    [InlineData("int Deep(int n) => n < 0 ? 0 : 1 + Deep(n + 1); Console.WriteLine(Deep(1));", "MLO8332", "crashed", "the stack overflowed")]
    [InlineData("return new Frame([table[\"temperature\"]]);", "MLO", "where: ", "'hour'")]
    [InlineData("return new Frame([.. table.Columns, table[\"hour\"]]);", "MLO8330", "where: models/demand/Demand.cs:9", "stands twice")]
    [InlineData("return new Frame([table[\"hour\"].Select([0, 1]), table[\"rentals\"]]);", "MLO8330", "where: models/demand/Demand.cs:9", "another length")]
    [InlineData("while (table.RowCount > 0) { }", "MLO8333", "it still ran after 1 s", "where: models/demand/Demand.cs:9")]
    [InlineData("var all = new List<byte[]>(); while (true) { all.Add(new byte[1 << 24]); }", "MLO8334", "where: models/demand/Demand.cs:9", "megabytes")]
    [InlineData("return null!;", "MLO8335", "returns null", "where: models/demand/Demand.cs:9")]
    [InlineData("((NumberColumn)table[\"temperature\"]).Values[0] = 99;", "MLO8336", "changed the table that it was given", "")]
    [InlineData("return table.Select([]);", "MLO8337", "leaves no row", "")]
    public void Code_that_misbehaves_ends_in_a_diagnostic_and_leaves_the_lock(string statement, string code, string told, string also)
    {
        using var workspace = _trained.Copy();
        workspace.Replace("models/demand/model.json", "\"task\"", $"\"limits\": {{ \"timeout\": \"{(code == "MLO8333" ? "1s" : "1m")}\", \"megabytes\": 256 }}, \"task\"");
        workspace.Replace(Code, "Console.WriteLine(\"cleaning\");", statement);
        var before = workspace.Lock;

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains(code, errors, StringComparison.Ordinal);
        Assert.Contains(told, errors, StringComparison.Ordinal);
        Assert.Contains(also, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(before, workspace.Lock);
    }

    [Theory]
    [InlineData("Frame Clean(Frame table)", "object Clean(Frame table)", "MLO8322")]
    [InlineData("double? Rush(", "double? Rushes(", "MLO8320")]
    [InlineData("double? Rush(double hour", "double? Rush(char hour", "MLO8322")]
    [InlineData("public static double? Rush(", "private static double? Rush(", "MLO8321")]
    public void A_function_of_another_form_is_refused_before_anything_runs(string old, string with, string code)
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, old, with);

        Assert.Contains(code, workspace.Run("Train").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_code_prints_is_not_mixed_into_what_Train_prints()
    {
        using var workspace = _trained.Copy();

        var ran = workspace.Run("Train --force=demand/prepare").Expect(0);

        Assert.DoesNotContain("cleaning", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("cleaning", ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_clock_is_warned_of_once_with_its_line_unless_it_is_accepted()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Code, "Console.WriteLine(\"cleaning\");", "Console.WriteLine(DateTime.UtcNow.Year);");

        var first = workspace.Run("Train").Expect(0).Errors;
        var second = workspace.Run("Train --rehash").Expect(0).Errors;
        workspace.Replace("models/demand/model.json", "\"task\"", "\"deterministic\": false, \"task\"");
        var accepted = workspace.Run("Train").Expect(0).Errors;

        Assert.Contains("MLO8323", first, StringComparison.Ordinal);
        Assert.Contains("where: models/demand/Demand.cs:9", first, StringComparison.Ordinal);
        Assert.DoesNotContain("MLO8323", second + accepted, StringComparison.Ordinal);
    }

    [Fact]
    public void Scoring_computes_what_training_computed()
    {
        using var workspace = _trained.Copy();
        workspace.Run("Score --data models/demand/data.csv --out scored.csv --keep id,hour,workingDay").Expect(0);
        // The label is the computed feature itself: a tree that sees another value predicts another number.
        var rows = File.ReadLines(workspace.At("scored.csv")).Skip(1).Select(line => line.Split(',')).ToList();

        Assert.Equal(Trained.Rows, rows.Count);
        Assert.All(rows, row => Assert.Equal(Trained.Rush(row[1], row[2]), double.Parse(row[3], CultureInfo.InvariantCulture), 0.5));
    }

    [Fact]
    public void Code_that_changed_since_training_scores_nothing()
    {
        using var workspace = _trained.Copy();
        workspace.Replace("models/shared/Hours.cs", "hour is 8", "hour is 9");

        Assert.Contains("MLO2263", workspace.Run("Score --data models/demand/data.csv --out scored.csv").Expect(1).Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.At("scored.csv")));
    }

    [Fact]
    public void Two_models_may_have_a_class_of_one_name()
    {
        using var workspace = _trained.Copy();
        workspace.Write("models/other/model.json", File.ReadAllText(workspace.At("models/demand/model.json")));
        workspace.Write("models/other/Demand.cs", File.ReadAllText(workspace.At(Code)).Replace("? 10 : 20", "? 20 : 10", StringComparison.Ordinal));

        Assert.All(NotUpToDate(workspace.Run("Train --json").Expect(0)), step => Assert.StartsWith("other/", step, StringComparison.Ordinal));
    }

    private static List<string> NotUpToDate(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! != "up to date").Select(step => (string)step!["step"]!).Order(StringComparer.Ordinal)];

    /// <summary>A workspace with a model whose label follows from nothing but what its own code computes.</summary>
    public sealed class Trained : IDisposable
    {
        public const int Rows = 600;

        private readonly Workspace _workspace = new();

        public Trained()
        {
            _workspace.Write("nuke.json", """{ "name": "city", "data": { "rides": { "path": "models/demand/data.csv" } } }""");
            _workspace.Write("models/demand/model.json", """
                {
                  "task": "regression", "data": "rides", "label": "rentals",
                  "prepare": [ { "code": "Demand.Clean" } ],
                  "features": {
                    "rush": { "code": "Demand.Rush", "from": ["hour", "workingDay"], "kind": "numeric" },
                    "temperature": "numeric"
                  },
                  "trainer": { "name": "boosted-trees", "trees": 60, "learningRate": 0.3 }
                }
                """);
            _workspace.Write(Code, """
                using MlOps.Data;

                public static class Demand
                {
                    private const double Coldest = 0;

                    public static Frame Clean(Frame table)
                    {
                        Console.WriteLine("cleaning");
                        return table.Select([.. Enumerable.Range(0, table.RowCount).Where(row => ((NumberColumn)table["temperature"]).Values[row] >= Coldest)]);
                    }

                    public static double? Rush(double hour, bool workingDay) => workingDay ? Hours.IsRush(hour) ? 10 : 20 : null;
                }
                """);
            _workspace.Write("models/shared/Hours.cs", "internal static class Hours { public static bool IsRush(double hour) => hour is 8 or 17; }\n");
            _workspace.Write("models/demand/data.csv", "id,hour,workingDay,temperature,rentals\n" + string.Concat(Enumerable.Range(0, Rows).Select(Row)));
            _workspace.Run("Train").Expect(0);
        }

        /// <summary>What the label is: 10 in rush hours of working days, else 20, and 30 on other days, where the feature is missing.</summary>
        public static double Rush(string hour, string workingDay) => workingDay != "true" ? 30 : hour is "8" or "17" ? 10 : 20;

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _workspace.Dispose();

        private static string Row(int row)
        {
            var (hour, working) = ((row % 24).ToString(CultureInfo.InvariantCulture), row / 24 % 3 == 0 ? "false" : "true");
            return string.Create(CultureInfo.InvariantCulture, $"{row},{hour},{working},{(row % 31) - 2},{Rush(hour, working)}\n");
        }
    }
}
