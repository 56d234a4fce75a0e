using System.Diagnostics;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Cli;

/// <summary>The target Test: compiles, runs every test assembly, and ends with the plain line <c>N passed, N failed, N skipped</c>.</summary>
internal static class TestTarget
{
    /// <summary>How the reason of a skipped test begins that CI lets pass: the data that licences keep out of the repository.</summary>
    public const string RealDataAbsent = "real data absent: ";

    /// <summary>How the reason begins of one that takes minutes, and has no reduced form.</summary>
    public const string OnlyWithAll = "only by Test --all: ";

    private const int LinesOfAMessage = 12;

    /// <summary>Runs the tests.</summary>
    /// <param name="repositoryRoot">The folder that holds MlOps.sln.</param>
    /// <param name="filter">A part of a test's full name, or an expression of <c>dotnet test --filter</c>; null for all.</param>
    /// <param name="all">Whether slow tests run as well (<c>MLOPS_TEST_ALL=1</c>).</param>
    /// <param name="cancellationToken">Ends the run; nothing is summed up then.</param>
    /// <returns>0; or 1 if a test failed, none ran, or, where <c>CI</c> is <c>true</c>, one was skipped for a reason other than <see cref="RealDataAbsent"/> and <see cref="OnlyWithAll"/>.</returns>
    /// <exception cref="DiagnosticException">The folder is not the product's repository.</exception>
    public static async Task<int> RunAsync(string repositoryRoot, string? filter, bool all, CancellationToken cancellationToken)
    {
        var compiled = await CompileTarget.RunAsync(repositoryRoot, cancellationToken);
        if (compiled != 0)
        {
            return compiled;
        }

        var results = new List<TestResult>();
        foreach (var project in TestProjects(repositoryRoot))
        {
            results.AddRange(await RunOneAsync(repositoryRoot, project, filter, all, cancellationToken));
        }

        return SumUp(results, Console.Out, strict: Environment.GetEnvironmentVariable("CI") == "true");
    }

    /// <summary>Lists what failed and what was skipped, with reasons, then the closing line; returns the exit code.</summary>
    internal static int SumUp(IReadOnlyList<TestResult> results, TextWriter output, bool strict)
    {
        var skipped = results.Where(r => r.Outcome == TestOutcome.Skipped).ToList();
        foreach (var group in skipped.GroupBy(r => r.Message, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"skipped ({group.Key}):");
            foreach (var test in group.OrderBy(r => r.Name, StringComparer.Ordinal))
            {
                output.WriteLine($"  {test.Name}");
            }
        }

        foreach (var test in results.Where(r => r.Outcome == TestOutcome.Failed).OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            output.WriteLine($"FAILED {test.Name}");
            foreach (var line in test.Message.Split('\n').Take(LinesOfAMessage))
            {
                output.WriteLine($"  {line.TrimEnd()}");
            }
        }

        var refused = strict ? skipped.Count(r => !r.Message.StartsWith(RealDataAbsent, StringComparison.Ordinal) && !r.Message.StartsWith(OnlyWithAll, StringComparison.Ordinal)) : 0;
        if (refused > 0)
        {
            output.WriteLine($"CI lets a test be skipped for two reasons only ('{RealDataAbsent}…', '{OnlyWithAll}…'); {refused} had another");
        }

        var passed = results.Count(r => r.Outcome == TestOutcome.Passed);
        var failed = results.Count(r => r.Outcome == TestOutcome.Failed);
        if (passed + failed == 0)
        {
            output.WriteLine("no test ran: does --filter name one?");
        }

        output.WriteLine($"{passed} passed, {failed} failed, {skipped.Count} skipped");
        return failed > 0 || refused > 0 || passed == 0 ? 1 : 0;
    }

    private static async Task<IReadOnlyList<TestResult>> RunOneAsync(
        string repositoryRoot, string project, string? filter, bool all, CancellationToken cancellationToken)
    {
        var assembly = Path.Combine(repositoryRoot, ".artifacts", "bin", project, "release", project + ".dll");
        var folder = Path.Combine(repositoryRoot, ".artifacts", "test-results");
        var trx = Path.Combine(folder, project + ".trx");
        Directory.CreateDirectory(folder);
        File.Delete(trx);
        List<string> arguments = ["test", assembly, "--logger", $"trx;LogFileName={project}.trx", "--logger", "console;verbosity=normal", "--results-directory", folder];
        if (filter is not null)
        {
            arguments.AddRange(["--filter", filter.AsSpan().ContainsAny("=~|&!") ? filter : $"FullyQualifiedName~{filter}"]);
        }

        var watch = Stopwatch.StartNew();
        var progress = new TestProgress(project, watch);
        var environment = new Dictionary<string, string> { ["MLOPS_TEST_ALL"] = all ? "1" : "0" };
        var exit = await DotnetTool.RunAsync(repositoryRoot, arguments, progress.Line, cancellationToken, environment);
        var results = File.Exists(trx) ? TestResult.ReadTrx(trx).ToList() : [];
        progress.Finish(results);
        if (exit != 0 && !results.Exists(r => r.Outcome == TestOutcome.Failed) && (results.Count > 0 || filter is null))
        {
            results.Add(new TestResult(project + " (the whole run)", TestOutcome.Failed, $"the test run ended with exit {exit}\n{progress.Tail}"));
        }

        return results;
    }

    // A project is a test project if it says so; unit tests come before the slow ones.
    private static IEnumerable<string> TestProjects(string repositoryRoot) =>
        Directory.GetFiles(Path.Combine(repositoryRoot, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("<IsTestProject>true<", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .OrderBy(name => name.Contains("EndToEnd", StringComparison.Ordinal))
            .ThenBy(name => name, StringComparer.Ordinal);
}
