using MlOps.Content;
using MlOps.Pipelines.Champions;

namespace MlOps.Tests.Pipelines;

public sealed class ChampionSourceTests : IDisposable
{
    private readonly DeclaredWorkspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("demand", "models/demand/releases.json")]
    [InlineData("demand@north", "models/demand/releases@north.json")]
    [InlineData("demand@kind=a,region=north", "models/demand/releases@kind=a,region=north.json")]
    public void Releases_stand_in_the_folder_of_the_declaration(string model, string file) => Assert.Equal(file, ChampionSource.FileOf(model));

    [Fact]
    public void An_environment_that_is_not_declared_is_told_with_the_nearest_name()
    {
        var digest = Digest.Of("model").ToString();
        _workspace.Write("models/demand/releases@north.json", $$"""{ "prodution": { "model": "{{digest}}" }, "staging": { "model": "{{digest}}" } }""");
        var champions = new ChampionSource(_workspace.Root, new(Path.Combine(_workspace.Root, "store")));
        var found = Assert.Single(champions.Undeclared("demand@north", ["staging", "production"]));
        Assert.Equal(("MLO2230", "models/demand/releases@north.json", "did you mean 'production'?"), (found.Code, found.Where, found.Mend));
        Assert.Empty(champions.Undeclared("demand@south", ["staging"]));
    }
}
