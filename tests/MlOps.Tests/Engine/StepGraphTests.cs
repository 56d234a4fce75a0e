using System.Collections.Immutable;
using MlOps.Content;
using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

public sealed class StepGraphTests
{
    [Fact]
    public void Producers_come_first_and_equals_by_name()
    {
        var graph = StepGraph.Create([Step("z"), Step("a", "z m"), Step("m"), Step("b")]);
        Assert.Equal(["b", "m", "z", "a"], graph.Steps.Select(s => s.Name.Value));
    }

    [Fact]
    public void A_circle_is_shown_as_a_path()
    {
        var problems = Problems(Step("a", "c"), Step("b", "a"), Step("c", "b"), Step("d", "a"), Step("x", "y"), Step("y", "x"), Step("self", "self"));
        Assert.Equal(["a → c → b → a", "self → self", "x → y → x"], problems.Select(p => p.Why));
        Assert.All(problems, p => Assert.Equal("MLO3002", p.Code));
    }

    [Fact]
    public void Everything_wrong_is_told_at_once()
    {
        var twice = Step("b") with { Origin = "toy.json:9" };
        var reader = Step("c", "trian") with { Origin = "toy.json:3" };
        var wrongOutput = Step("d") with { Inputs = ImmutableSortedDictionary<string, StepInput>.Empty.Add("x", new OutputInput(StepName.Parse("b"), "oat")) };
        var problems = Problems(Step("b"), twice, Step("train"), reader, wrongOutput);
        Assert.Equal(["MLO3001", "MLO3003", "MLO3003"], problems.Select(p => p.Code));
        Assert.Equal("toy.json:1, toy.json:9", problems[0].Where);
        Assert.Equal("did you mean 'train'?", problems[1].Mend);
        Assert.Equal("did you mean 'out'?", problems[2].Mend);
    }

    [Theory]
    [InlineData("x/y", "x/y")]
    [InlineData("x", "x/y")]
    [InlineData("x", "x-y", false)]
    public void Two_steps_cannot_write_the_same_place(string a, string b, bool clash = true)
    {
        Step Writer(string name, string path) => Step(name) with { CheckedOut = ImmutableSortedDictionary<string, WorkspacePath>.Empty.Add("out", WorkspacePath.Parse(path)) };
        var steps = new[] { Writer("a", a), Writer("b", b), Writer("c", "x!") };
        if (clash)
        {
            var problem = Problems(steps).Single();
            Assert.Equal("MLO3004", problem.Code);
            Assert.Equal($"a → {a}, b → {b}", problem.Why);
        }
        else
        {
            Assert.Equal(3, StepGraph.Create(steps).Steps.Count);
        }
    }

    [Fact]
    public void Two_steps_cannot_yield_the_same_fact() =>
        Assert.Throws<ArgumentException>(() => StepGraph.Create([Step("a", facts: "f"), Step("b", facts: "f")]));

    private static IReadOnlyList<Diagnostic> Problems(params Step[] steps) =>
        Assert.Throws<DiagnosticException>(() => StepGraph.Create(steps)).Diagnostics;
}
