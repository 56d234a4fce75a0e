using MlOps.Packaging.Images;

namespace MlOps.Tests.Packaging.Images;

/// <summary>What MSBuild is told when it publishes the service, asked of MSBuild itself.</summary>
public sealed class ServicePublishTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("mlops-publish-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_variable_of_the_shell_is_no_property_of_the_build()
    {
        // A name that no other test's build asks for; MSBuild makes a property of each variable alike, Optimize and PublishTrimmed among them.
        const string Stray = "MLOPS_TESTS_STRAY_PROPERTY";
        Write("build/host/Service.proj", $"""
            <Project DefaultTargets="Publish">
              <Target Name="Publish">
                <WriteLinesToFile File="$(ServiceDirectory)MlOps.Serving" Lines="$({Stray})|$(Configuration)|$(ServiceFlavour)|$(DOTNET_CLI_UI_LANGUAGE)|$(PATH)" />
              </Target>
            </Project>
            """);
        Environment.SetEnvironmentVariable(Stray, "true");
        try
        {
            await ServicePublish.RunAsync(_home, ServiceFlavour.Trimmed, Path.Join(_home, "out"), null, default);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Stray, null);
        }

        Assert.StartsWith("|Release|trimmed|en|/", await File.ReadAllTextAsync(Path.Join(_home, "out", "app", "MlOps.Serving")), StringComparison.Ordinal);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(_home, path))!);
        File.WriteAllText(Path.Join(_home, path), text);
    }
}
