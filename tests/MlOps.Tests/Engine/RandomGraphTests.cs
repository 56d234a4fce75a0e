using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

/// <summary>Random graphs and edits against a naive build that computes everything from scratch, as Shake is tested.</summary>
public sealed class RandomGraphTests
{
    private const int Files = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Incremental_builds_give_what_a_build_from_scratch_gives(int seed)
    {
        var random = new Random(seed);
        using var workspace = new ToyWorkspace();
        var files = new string[Files];
        for (var i = 0; i < Files; i++)
        {
            Edit(i);
        }

        var steps = Enumerable.Range(0, random.Next(3, 25)).Select(i => Step($"s{i:00}", Inputs(i), parameter: random.Next(8))).ToArray();
        for (var round = 0; round < 8; round++)
        {
            var result = await workspace.BuildAsync(new() { Jobs = random.Next(1, 5) }, steps);
            Assert.True(result.Succeeded);
            var naive = Naive(steps, files);
            Assert.All(steps, step => Assert.Equal(naive[step.Name.Value], workspace.Output(result, step.Name.Value)));
            var text = workspace.LockText;
            Assert.True((await workspace.BuildAsync(steps)).WasUpToDate);
            Assert.Empty(workspace.Ran);
            switch (random.Next(6))
            {
                case 0:
                    Edit(random.Next(Files));
                    break;
                case 1:
                    File.Delete(workspace.PathOf(BuildEngine.LockName));
                    await workspace.BuildAsync(steps);
                    Assert.Empty(workspace.Ran);
                    Assert.Equal(text, workspace.LockText);
                    break;
                case 2:
                    Directory.Delete(workspace.PathOf(".mlops"), recursive: true);
                    await workspace.BuildAsync(steps);
                    Assert.Equal(steps.Length, workspace.Ran.Count);
                    Assert.Equal(text, workspace.LockText);
                    break;
                default:
                    var at = random.Next(steps.Length);
                    steps[at] = Step($"s{at:00}", random.Next(3) == 0 ? Inputs(at) : string.Join(' ', steps[at].Inputs.Keys), $"c{random.Next(2)}", random.Next(8));
                    break;
            }
        }

        void Edit(int i) => workspace.Write($"f{i}.csv", files[i] = $"{random.Next(5)}");

        string Inputs(int i) => string.Join(' ', Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => i > 0 && random.Next(4) > 0 ? $"s{random.Next(i):00}" : $"f{random.Next(Files)}.csv").Distinct());
    }

    private static Dictionary<string, string> Naive(Step[] steps, string[] files)
    {
        var texts = new Dictionary<string, string>();
        foreach (var step in steps)
        {
            texts[step.Name.Value] = ToyExecutor.Text(step, name => name[0] == 'f' ? files[name[1] - '0'] : texts[name]);
        }

        return texts;
    }
}
