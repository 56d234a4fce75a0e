using MlOps.Containers;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

public sealed class PackageNameTests
{
    [Theory]
    [InlineData("churn", "churn", null)]
    [InlineData("churn@1.2.0", "churn", "1.2.0")]
    [InlineData("demand@region=north", "demand@region=north", null)]
    [InlineData("demand@region=north@1.2.0", "demand@region=north", "1.2.0")]
    [InlineData("churn@", "churn@", null)]
    [InlineData("@1.0.0", "@1.0.0", null)]
    public void What_follows_the_last_at_is_a_version_if_it_can_be_one(string text, string model, string? version)
    {
        var name = PackageName.Parse(text);
        Assert.Equal((model, version), (name.Model, name.Version?.ToString()));
        Assert.Equal(text, name.ToString());
    }

    [Theory]
    [InlineData("churn", "churn")]
    [InlineData("ticket-routing_2", "ticket-routing_2")]
    [InlineData("demand@region=north", "demand/region-north")]
    [InlineData("demand@region=North Sea,kind=a.b", "demand/region-north-sea/kind-a.b")]
    public void A_repository_is_called_as_a_registry_allows(string model, string repository)
    {
        Assert.Equal(repository, PackageName.RepositoryOf(model));
        Assert.True(Reference.IsRepository(repository));
    }

    [Theory]
    [InlineData("a", "a-", "a")]
    [InlineData("d@x=North", "d@x=north", "d@x=North")]
    [InlineData("d@x=a b", "d@x=a-b", "d@x=a b")]
    public void Models_of_one_repository_clash(string first, string second, string other) => Assert.Equal([(second, other)], PackageName.Clashes([first, second, "z"]));

    [Theory]
    [InlineData("a___b")]
    [InlineData("a_-b")]
    [InlineData("d@x=a..b")]
    public void A_model_that_no_repository_can_be_called_after_is_told(string model) => Assert.Equal([(model, null)], PackageName.Clashes([model]));

    [Fact]
    public void What_is_apart_stays_apart() => Assert.Empty(PackageName.Clashes(["a-b", "a_b", "a.b", "ab", "a@b=1", "a@b=2"]));

    [Fact]
    public void A_clash_is_told_where_packages_are_published_and_only_there()
    {
        Assert.Equal("MLO2292", Clashing("\"registry\": \"registry.example.org/team\",").Code);
        using var unpublished = Declared("");
        Assert.Equal(2, unpublished.Load().Models.Count);

        static MlOps.Content.Diagnostic Clashing(string registry)
        {
            using var workspace = Declared(registry);
            return workspace.Refused();
        }
    }

    private static DeclaredWorkspace Declared(string registry)
    {
        var workspace = DeclaredWorkspace.Of($$"""{{registry}} "data": { "d": { "path": "d.csv" } }""");
        workspace.Write("d.csv", "x,y\n1,2\n");
        foreach (var model in new[] { "a", "a-" })
        {
            workspace.Write($"models/{model}/model.json", """{ "task": "regression", "data": "d", "label": "y", "features": { "x": "numeric" }, "trainer": { "name": "linear" } }""");
        }

        return workspace;
    }
}
