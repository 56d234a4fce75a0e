using MlOps.Code;
using MlOps.Content;

namespace MlOps.Cli;

/// <summary>The target Compile: the whole solution, tests included, with every analyzer; warnings are errors. Then the packages of the libraries.</summary>
internal static class CompileTarget
{
    /// <summary>Builds MlOps.sln once and packs what models' code is written against; prints the compiler's errors; returns 0, or 1 where it does not compile.</summary>
    /// <exception cref="DiagnosticException">The folder is not the product's repository.</exception>
    public static async Task<int> RunAsync(string repositoryRoot, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(repositoryRoot, "MlOps.sln")))
        {
            throw new DiagnosticException(new Diagnostic("MLO9101", "there is nothing to compile or test here")
            {
                Where = repositoryRoot,
                Why = "Compile and Test build the product itself, and this folder has no MlOps.sln",
                Mend = "run them in a clone of the product's repository",
            });
        }

        await Console.Error.WriteLineAsync("compiling MlOps.sln");
        var problems = new SortedSet<string>(StringComparer.Ordinal);
        var last = new List<string>();
        string[] arguments = ["build", "MlOps.sln", "-c", "Release", "-nologo", "-v", "q", "-clp:NoSummary"];
        var exit = await DotnetTool.RunAsync(repositoryRoot, arguments, Sort, cancellationToken);
        exit = exit == 0 ? await LibraryPackages.WriteAsync(repositoryRoot, Sort, cancellationToken) : exit;
        foreach (var problem in exit == 0 || problems.Count > 0 ? problems : (IEnumerable<string>)last)
        {
            await Console.Error.WriteLineAsync(problem);
        }

        return exit == 0 ? 0 : 1;

        void Sort(string line)
        {
            last.Add(line);
            if (line.Contains(": error ", StringComparison.Ordinal) || line.Contains(": warning ", StringComparison.Ordinal))
            {
                problems.Add(line);
            }
        }
    }
}
