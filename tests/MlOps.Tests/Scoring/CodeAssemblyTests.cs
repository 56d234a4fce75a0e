using MlOps.Scoring.Computed;

namespace MlOps.Tests.Scoring;

/// <summary>Which assemblies a model's code gets from the program that loads it, not from its own folder.</summary>
public sealed class CodeAssemblyTests
{
    [Fact]
    public void A_program_that_brings_its_framework_keeps_it() => Assert.Equal(
        ["Microsoft.AspNetCore", "Microsoft.Extensions.Logging", "System.Private.CoreLib", "System.Text.Json", "netstandard"],
        Framework("/app/System.Private.CoreLib.dll", "/app/System.Text.Json.dll", "/app/Microsoft.AspNetCore.dll", "/app/Microsoft.Extensions.Logging.dll", "/app/netstandard.dll", "/app/Spectre.Console.dll", "/app/MlOps.Scoring.dll"));

    [Fact]
    public void The_packages_beside_a_program_are_none_of_the_machines_framework() => Assert.Equal(
        ["System.Private.CoreLib", "System.Text.Json"],
        Framework("/dotnet/shared/System.Private.CoreLib.dll", "/dotnet/shared/System.Text.Json.dll", "/app/System.CommandLine.dll", "/app/Spectre.Console.dll"));

    private static IEnumerable<string> Framework(params string[] trusted) => CodeAssembly.FrameworkOf(string.Join(Path.PathSeparator, trusted), "/app/").Order(StringComparer.Ordinal);
}
