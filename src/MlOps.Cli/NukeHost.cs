using System.Text.RegularExpressions;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Cli;

/// <summary>The other host: build/Build.cs run by NUKE, for <c>--nuke</c> and for targets that only Build.cs knows.</summary>
internal static partial class NukeHost
{
    /// <summary>The targets that the C# files of build/ declare, in the order found; none where there is no such folder.</summary>
    public static IReadOnlyList<string> Targets(string repositoryRoot)
    {
        var folder = Path.Combine(repositoryRoot, "build");
        return !Directory.Exists(folder)
            ? []
            : [.. Directory.GetFiles(folder, "Build*.cs").Order(StringComparer.Ordinal)
                .SelectMany(file => TargetDeclaration().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups[1].Value)
                .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Builds build/_build.csproj and runs it with the words given (<c>--nuke</c> taken out); returns its exit code, or 1 where it does not compile.</summary>
    /// <exception cref="DiagnosticException">The feed lacks the package Nuke.Common, or there is no build/_build.csproj.</exception>
    public static async Task<int> RunAsync(string repositoryRoot, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(repositoryRoot, "build", "_build.csproj")))
        {
            throw new DiagnosticException(new Diagnostic("MLO9102", "there is no NUKE build here")
            {
                Where = "build/_build.csproj", Why = "the file does not exist", Mend = "leave out --nuke: the fast host knows every target",
            });
        }

        var log = new List<string>();
        string[] build = ["build", "build/_build.csproj", "-c", "Release", "-nologo", "-v", "q", "-clp:NoSummary"];
        var built = await DotnetTool.RunAsync(repositoryRoot, build, log.Add, cancellationToken);
        if (built != 0 && log.Exists(line => line.Contains("Nuke.Common", StringComparison.Ordinal) && line.Contains("error NU1", StringComparison.Ordinal)))
        {
            throw new DiagnosticException(new Diagnostic("MLO9103", "the NUKE host cannot be built")
            {
                Where = "build/_build.csproj",
                Why = "no package source has Nuke.Common in the version that it names",
                Mend = "add a source that has it (dotnet nuget add source URL), or leave out --nuke: the fast host runs the same targets",
            });
        }

        if (built != 0)
        {
            log.ForEach(Console.Error.WriteLine);
            return 1;
        }

        var host = Path.Combine(repositoryRoot, ".artifacts", "bin", "_build", "release", "_build.dll");
        string[] run = [host, "--root", repositoryRoot, "--no-logo", .. arguments.Where(word => word != "--nuke")];
        var environment = new Dictionary<string, string> { ["NUKE_TELEMETRY_OPTOUT"] = "1" };
        return await DotnetTool.RunAsync(repositoryRoot, run, Console.Out.WriteLine, cancellationToken, environment);
    }

    [GeneratedRegex(@"^\s*(?:(?:public|new)\s+)*Target\s+(\w+)\s*=>", RegexOptions.Multiline)]
    private static partial Regex TargetDeclaration();
}
