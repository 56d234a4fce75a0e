using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>What is used under a name is what goes by it.</summary>
public sealed class PackagedModelTests : IReporter
{
    [Fact]
    public async Task A_package_of_another_model_is_not_used()
    {
        using var workspace = DeclaredWorkspace.Of("\"data\": {}");
        using var package = new AttestedPackage("churn");
        var store = new ContentStore(Path.Join(workspace.Root, ".mlops/store"));
        foreach (var bytes in package.Blobs.Values)
        {
            store.Put(bytes);
        }

        new PackageShelf(workspace.Root, store).Put([Descriptor.Of(MediaTypes.Manifest, package.Package.Manifest.Span) with { Annotations = new Dictionary<string, string> { [PackageShelf.Name] = "fraud", [PackageShelf.Version] = "2.0.0" } }]);
        var opened = Workspace.Open(new() { Root = workspace.Root, Models = ["fraud@2.0.0"], TakesVersions = true }, this);

        var refused = await Assert.ThrowsAsync<DiagnosticException>(() => opened.ScoreAsync(new() { Data = "in.csv", Out = "out.csv" }, dryRun: true, default));

        Assert.Equal(("MLO2324", "it is one of model 'churn'"), Assert.Single(refused.Diagnostics.Select(problem => (problem.Code, problem.Why))));
    }

    void IReporter.Warn(Diagnostic diagnostic)
    {
    }

    void IReporter.Note(string line)
    {
    }

    void IReporter.Finished(string line)
    {
    }

    void IReporter.Live(string line)
    {
    }
}
