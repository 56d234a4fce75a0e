using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>What patterns match, and that a new match is noticed.</summary>
public sealed partial class RunStepTests
{
    [SkippableFact]
    public async Task A_pattern_places_what_it_matches_and_a_new_match_makes_the_step_stale()
    {
        OnLinux();
        _workspace.Write("data/a.csv", "a");
        _workspace.Write("data/deep/er/b.csv", "b");
        _workspace.Write("data/c.txt", "no");
        _workspace.Write("data/.hidden/d.csv", "no");
        var step = Run("list", "find data -type f | sort > out.txt", ["data/**/*.csv"], ["out.txt"]);
        await BuildAsync(step);
        Assert.Equal("data/a.csv\ndata/deep/er/b.csv\n", _workspace.Read(".mlops/out/out.txt"));
        Assert.True((await BuildAsync(step)).WasUpToDate);

        _workspace.Write("data/deep/n.csv", "n");
        var again = (await BuildAsync(step)).Steps.Single();
        Assert.Equal((StepStatus.Ran, StaleReason.InputChanged), (again.Status, again.Reason));
        Assert.Equal("data/a.csv\ndata/deep/er/b.csv\ndata/deep/n.csv\n", _workspace.Read(".mlops/out/out.txt"));
        Assert.Single(Lock(step)["inputs"]!.AsObject());
    }

    [SkippableFact]
    public async Task A_pattern_over_everything_does_not_read_the_lock()
    {
        OnLinux();
        _workspace.Write("a.txt", "a");
        var step = Run("list", "find . -type f | sort > out.txt", ["**"], ["out.txt"]);
        Assert.True((await BuildAsync(step)).Succeeded);
        Assert.True((await BuildAsync(step)).WasUpToDate);
        Assert.DoesNotContain("data.lock.json", _workspace.Read(".mlops/out/out.txt"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_folders_that_a_pattern_looked_into_are_observed()
    {
        _workspace.Write("data/deep/a.csv", "a");
        var seen = new RememberedAnswer(_workspace.Root);
        _workspace.Write("other.txt", "x");
        seen.Answer(mirror => _workspace.Engine().Plan(Graph(Run("s", "", ["data/**/*.csv"], ["o"])), new() { Mirror = mirror }));
        Assert.True(seen.Holds);
        _workspace.Write("data/deep/b.txt", "even what does not match: the folder's stat is what is known of it");
        Assert.False(seen.Holds);
    }

    [Theory]
    [InlineData("daten/*.csv", "there is no folder 'daten'; the workspace holds data", "did you mean 'data'?")]
    [InlineData("data/*.tsv", "'data' holds raw.csv", "change the pattern, or bring the files")]
    public void A_pattern_that_matches_nothing_is_told_with_what_is_there(string pattern, string why, string mend)
    {
        _workspace.Write("data/raw.csv", "x");
        var problem = Assert.Throws<DiagnosticException>(() => _workspace.Engine().Plan(Graph(Run("s", "", [pattern], ["o"])))).Diagnostics.Single();
        Assert.Equal(("MLO3040", why, mend), (problem.Code, problem.Why, problem.Mend));
    }

    [Theory]
    [InlineData("*.csv", "a.csv", true)]
    [InlineData("*.csv", "d/a.csv", false)]
    [InlineData("*.csv", ".a.csv", false)]
    [InlineData("**/*.csv", "a.csv", true)]
    [InlineData("**/*.csv", "d/e/a.csv", true)]
    [InlineData("**/*.csv", ".d/a.csv", false)]
    [InlineData("d/**", "d/e/f", true)]
    [InlineData("d/**", "d", false)]
    [InlineData("d/**/x", "d/x", true)]
    [InlineData("?a*b*c", "xa-b-b-c", true)]
    [InlineData("?a*b*c", "xa-b-b-cd", false)]
    public void Patterns_match_the_same_files_by_declaration_and_on_disk(string pattern, string path, bool matches)
    {
        _workspace.Write("ws/" + path, "x");
        var made = RunDeclaration.ToSteps([Run("w", "", [], [path]), Run("r", "", [pattern], ["o"])])[1];
        Assert.Equal(matches, made.Inputs.Values.OfType<OutputInput>().Any());
        var read = Graph(Run("r", "", [pattern], ["o"]) with { Folder = "ws", Owner = "models/ws" });
        Assert.Equal(matches, Record.Exception(() => _workspace.Engine().Plan(read)) is null);
    }

    [SkippableFact]
    public async Task A_pattern_matches_what_other_steps_write_and_a_directory_that_they_write_comes_whole()
    {
        OnLinux();
        _workspace.Write("data/own.csv", "own\n");
        var steps = new[]
        {
            Run("make", "echo made > data/made.csv; echo no > data/made.txt", [], ["data/made.csv", "data/made.txt"]),
            Run("split", "mkdir data/parts; echo p > data/parts/p.csv; echo q > data/parts/q.txt", [], ["data/parts/"]),
            Run("all", "find data -type f | sort > all.txt", ["data/**/*.csv"], ["all.txt"]),
            Run("one", "cat data/parts/q.txt > one.txt", ["data/parts/q.txt"], ["one.txt"]),
        };
        var result = await BuildAsync(steps);
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        Assert.Equal("data/made.csv\ndata/own.csv\ndata/parts/p.csv\ndata/parts/q.txt\n", _workspace.Read(".mlops/out/all.txt"));
        Assert.Equal("q\n", _workspace.Read(".mlops/out/one.txt"));
        Assert.True((await BuildAsync(steps)).WasUpToDate);
    }
}
