using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>A new model with C# of its own: it trains as it is written, and editors can open it.</summary>
public sealed class NewCodeTests
{
    [Theory]
    [InlineData("age,tenure,y", "missing", "ageIsMissing", "bool AgeIsMissing(double? age) => age is null;")]
    [InlineData("total price,item-count,y", "numbers", "totalPricePerItemCount", "double? TotalPricePerItemCount(double totalPrice, double itemCount) => itemCount == 0 ? null : totalPrice / itemCount;")]
    [InlineData("when,b,y", "times", "whenIsWeekend", "bool WhenIsWeekend(DateTimeOffset when) => when.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;")]
    [InlineData("class,b,y", "texts", "classLength", "double ClassLength(string @class) => @class.Length;")]
    [InlineData("2nd,b,y", "categories", "column2ndIsMissing", "bool Column2ndIsMissing(string? column2nd) => column2nd is null;")]
    public void A_model_with_code_has_a_feature_that_suits_its_table_and_trains(string header, string table, string feature, string code)
    {
        using var workspace = Csv(header, table);

        var told = workspace.Run("New my-model --data in.csv --label y --code").Expect(0).Output;

        Assert.Contains($"'{feature}' is computed by MyModel.Functions.", told, StringComparison.Ordinal);
        Assert.Contains("models/my-model/MyModel.cs, models/Models.csproj", told, StringComparison.Ordinal);
        Assert.Contains(code, File.ReadAllText(workspace.At("models/my-model/MyModel.cs")), StringComparison.Ordinal);
        workspace.Run("Train").Expect(0);
        Assert.All(workspace.Run("Train --json").Expect(0).Json["steps"]!.AsArray(), step => Assert.Equal("up to date", (string)step!["status"]!));
    }

    [Theory]
    [InlineData("frame")]
    [InlineData("ml-ops")]
    [InlineData("enumerable")]
    public void A_model_may_be_called_as_what_its_code_uses(string name)
    {
        using var workspace = Csv("a,b,y", "numbers");

        workspace.Run($"New {name} --data in.csv --label y --code").Expect(0);
    }

    [Fact]
    public void Without_code_there_is_none_and_a_dry_run_writes_nothing()
    {
        using var workspace = Csv("a,b,y", "numbers");

        Assert.Contains("aPerB", workspace.Run("New m --data in.csv --label y --code --dry-run").Expect(0).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(workspace.At("models")));
        workspace.Run("New m --data in.csv --label y").Expect(0);
        Assert.Equal(["m.csv", "model.json"], Files(workspace).Select(Path.GetFileName));
    }

    [Fact]
    public void A_project_that_is_there_stays_as_it_is()
    {
        using var workspace = Csv("a,b,y", "numbers");
        workspace.Write("models/Models.csproj", "<Project />");

        workspace.Run("New m --data in.csv --label y --code").Expect(0);

        Assert.Equal("<Project />", File.ReadAllText(workspace.At("models/Models.csproj")));
    }

    [SkippableFact]
    public void Editors_build_all_models_of_a_workspace_and_nothing_reruns_for_it()
    {
        Skip.IfNot(File.Exists(Path.Combine(RepositoryFolder.Root, ".artifacts/packages/stamp")), "the libraries are not packed: ./build.sh Compile");
        using var workspace = Csv("a,b,y", "numbers");
        workspace.Run("New first --data in.csv --label y --code").Expect(0);
        workspace.Run("New second --data in.csv --label y --code").Expect(0);
        workspace.Run("Train").Expect(0);
        var before = Files(workspace);

        // By the folder that New noted, as an editor does that knows no variable.
        workspace.Start("sh", ["-c", "unset MLOPS_HOME; dotnet build models/Models.csproj -nologo -v q -warnaserror -nodeReuse:false"]).Expect(0);

        Assert.Equal(before, Files(workspace));
        Assert.All(workspace.Run("Train --json").Expect(0).Json["steps"]!.AsArray(), step => Assert.Equal("up to date", (string)step!["status"]!));
    }

    private static List<string> Files(Workspace workspace) => [.. Directory.GetFiles(workspace.At("models"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static Workspace Csv(string header, string table)
    {
        var workspace = new Workspace();
        workspace.Write("in.csv", header + "\n" + string.Concat(Enumerable.Range(0, 300).Select(i => string.Create(CultureInfo.InvariantCulture, $"{First(table, i)},{(table == "numbers" ? i % 7 + 0.5 : i % 2 == 0 ? "on" : "off")},{(table is "numbers" or "missing" ? (i % 13) + (i % 7) : (i % 2 * 10) + (i % 3))}\n"))));
        return workspace;
    }

    private static string First(string table, int i) => table switch
    {
        "missing" => i % 9 == 0 ? "" : (i % 13 + 0.25).ToString(CultureInfo.InvariantCulture),
        "times" => new DateTime(2026, 1, 1).AddHours(i * 7).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
        "texts" => $"a note of {i} words {i % 13} that says {i * 7 % 31} things",
        "categories" => $"kind {(char)('a' + (i % 5))}",
        _ => (i % 13 + 0.25).ToString(CultureInfo.InvariantCulture),
    };
}
