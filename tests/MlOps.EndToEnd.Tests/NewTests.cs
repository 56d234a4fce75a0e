using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>From somebody's CSV file to a workspace, or to nothing at all.</summary>
public sealed class NewTests
{
    [Fact]
    public void A_folder_with_a_CSV_file_becomes_a_workspace_with_scripts_of_its_own()
    {
        using var workspace = Csv("a,b,y", i => $"{i % 13},{i % 7},{(i % 13) + (2 * (i % 7))}");
        workspace.Run("New m --data in.csv --label y").Expect(0);
        workspace.Write("sub/x", "");

        // Without the variable that only this test run has set.
        workspace.Start("sh", ["-c", "unset MLOPS_HOME; cd sub && ../build.sh Train"]).Expect(0);
        workspace.Start("sh", ["-c", $"cd / && MLOPS_HOME='{RepositoryFolder.Root}' '{workspace.At("build.sh")}' Status"]).Expect(0);
        var lost = workspace.Start("sh", [workspace.At("build.sh"), "Plan"], "MLOPS_HOME=/nowhere").Expect(1);

        Assert.Contains("MLO9010", lost.Errors, StringComparison.Ordinal);
        Assert.Equal("up to date: 7 steps\n", workspace.Run("Plan").Expect(0).Output);
    }

    [Theory]
    [InlineData("it's,b", "a/b,c")]
    [InlineData("x#y,~", "name with blanks,日本")]
    [InlineData("\"a\"\"b\",\"c,d\"", "$HOME,-")]
    public void Odd_column_names_are_learnt_from_served_and_located(string features, string others)
    {
        using var workspace = Csv($"{features},{others},\"the label's name\"", i => $"{i % 13},{i % 7},\"it's {i % 3}\",{i % 2},{(i % 13) + (i % 3) + 0.5}");
        workspace.Run(["New", "m", "--data", "in.csv", "--label", "the label's name"]).Expect(0);
        workspace.Replace("nuke.json", "8085", Ports.Free().ToString(CultureInfo.InvariantCulture));

        var released = workspace.Run("Release").Expect(0);
        var answered = workspace.Start("sh", ["-c", released.Output.Split('\n').Last(line => line.Contains("curl", StringComparison.Ordinal))]).Expect(0);
        Assert.Single(answered.Json["predictions"]!.AsArray());

        var declared = File.ReadAllText(workspace.At("models/m/model.json"));
        var feature = JsonNode.Parse(declared)!["features"]!.AsObject().Last().Key;
        workspace.Write("models/m/data/m.csv", File.ReadAllText(workspace.At("models/m/data/m.csv")).Replace(others.Split(',')[1] + ",\"the", "gone,\"the", StringComparison.Ordinal));
        var missing = workspace.Run("Train").Expect(1).Errors;
        Assert.Contains($"column '{feature}' is missing", missing, StringComparison.Ordinal);
        var line = declared.Split('\n').ToList().FindIndex(text => text.StartsWith($"    \"{feature}\":", StringComparison.Ordinal)) + 1;
        Assert.Contains($"where: models/m/model.json:{line}\n", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_without_a_label_are_dropped_and_counted()
    {
        using var workspace = Csv("a,y", i => $"{i % 13},{(i % 50 == 0 ? "" : i % 13)}");

        Assert.Contains("6 of 300 take no part", workspace.Run("New m --data in.csv --label y").Expect(0).Output, StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);

        Assert.Equal(6, (int)JsonNode.Parse(workspace.Lock)!["models"]!["m"]!["rows"]!["dropped"]!);
    }

    [Fact]
    public void A_large_file_stays_out_of_git_and_comes_back_from_the_store()
    {
        using var workspace = Csv("a,b,y", i => $"{i % 13},{i % 7},{i % 13}.{i % 10:D30}", 300_000);
        var bytes = File.ReadAllBytes(workspace.At("in.csv"));
        Assert.Contains("over 10 MB", workspace.Run("New m --data in.csv --label y").Expect(0).Output, StringComparison.Ordinal);
        workspace.Run("Import").Expect(0);
        workspace.Git("init", "-q");
        workspace.Git("add", "models");
        Assert.Equal("models/m/data/.gitignore\nmodels/m/model.json\n", workspace.Start("git", ["ls-files"]).Output);

        File.Delete(workspace.At("models/m/data/m.csv"));
        Assert.Contains("restored models/m/data/m.csv", workspace.Run("Import").Expect(0).Errors, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(workspace.At("models/m/data/m.csv")));
    }

    [Fact]
    public void A_dataset_that_a_step_makes_is_not_put_among_the_users_files()
    {
        using var workspace = Csv("a,y", i => $"{i % 13},{i % 13}");
        workspace.Write("nuke.json", """{ "name": "w", "steps": { "s": { "run": ["cp", "in.csv", "out.csv"], "reads": ["in.csv"], "writes": ["out.csv"] } }, "data": { "m": { "path": "out.csv" } } }""");
        workspace.Run("Train").Expect(0);

        workspace.Run("Train --keep-going").Expect(0);

        Assert.False(File.Exists(workspace.At("out.csv")));
    }

    [Fact]
    public void A_dry_run_writes_nothing()
    {
        using var workspace = Csv("a,y", i => $"{i % 13},{i % 13}");

        Assert.Contains("nothing was written", workspace.Run("New m --data in.csv --label y --dry-run").Expect(0).Output, StringComparison.Ordinal);

        Assert.Equal(["in.csv"], Names(workspace));
    }

    [Theory]
    [InlineData("id,y", "MLO2109")]
    [InlineData("a;y", "MLO4014")]
    [InlineData("a,z", "MLO2101")]
    public void Data_that_cannot_be_learnt_from_leaves_an_empty_folder_empty(string header, string code)
    {
        using var workspace = Csv(header, i => header.Contains(';', StringComparison.Ordinal) ? $"{i};{i}" : $"{i},{i % 5}");

        var ran = workspace.Run("New m --data in.csv --label y").Expect(1);

        Assert.Contains(code, ran.Errors, StringComparison.Ordinal);
        Assert.Contains("mend:", ran.Errors, StringComparison.Ordinal);
        Assert.Equal(["in.csv"], Names(workspace));
    }

    [Fact]
    public void A_second_New_of_the_same_name_changes_nothing()
    {
        using var workspace = Csv("a,y", i => $"{i % 13},{i % 13}");
        workspace.Run("New m --data in.csv --label y").Expect(0);
        var before = Names(workspace);

        var ran = workspace.Run("New m --data in.csv --label y").Expect(1);

        Assert.StartsWith("MLO2072 error: 'm' exists already", ran.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Names(workspace));
    }

    [Fact]
    public void A_workspace_that_is_broken_gets_no_further_model()
    {
        using var workspace = Csv("a,y", i => $"{i % 13},{i % 13}");
        workspace.Run("New m --data in.csv --label y").Expect(0);
        workspace.Replace("models/m/model.json", "\"label\"", "\"lable\"");
        var before = File.ReadAllText(workspace.At("nuke.json"));

        Assert.Contains("did you mean 'label'?", workspace.Run("New n --data in.csv --label y").Expect(1).Errors, StringComparison.Ordinal);

        Assert.Equal(before, File.ReadAllText(workspace.At("nuke.json")));
        Assert.False(Directory.Exists(workspace.At("models/n")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_disk_that_fills_at_any_point_is_left_as_it_was(int freePages)
    {
        using var outside = Csv("a,y", i => $"{i % 13},{i % 13}");
        using var workspace = new Workspace();
        workspace.Start("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", workspace.Root]).Expect(0);
        try
        {
            File.WriteAllText(workspace.At("filler"), "");
            var free = new DriveInfo(workspace.Root).AvailableFreeSpace;
            File.WriteAllBytes(workspace.At("filler"), new byte[Math.Max(0, free - (freePages * 4096L))]);

            var ran = outside.Run(["New", "m", "--data", "in.csv", "--label", "y", "--root", workspace.Root]).Expect(1);

            Assert.Contains("MLO2073", ran.Errors, StringComparison.Ordinal);
            Assert.Contains("the disk is full", ran.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
            Assert.Equal(["filler"], Names(workspace));
        }
        finally
        {
            outside.Start("umount", [workspace.Root]).Expect(0);
        }
    }

    private static Workspace Csv(string header, Func<int, string> row, int rows = 300)
    {
        var workspace = new Workspace();
        workspace.Write("in.csv", $"{header}\n{string.Concat(Enumerable.Range(0, rows).Select(i => row(i) + "\n"))}");
        return workspace;
    }

    private static List<string> Names(Workspace workspace) =>
        Directory.EnumerateFileSystemEntries(workspace.Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(workspace.Root, path)).Order(StringComparer.Ordinal).ToList();
}
