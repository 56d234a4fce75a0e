using MlOps.Content;
using MlOps.Pipelines;

namespace MlOps.Cli;

/// <summary>How a command that failed says so.</summary>
internal static class Failures
{
    /// <summary>Prints what was found to standard error, as long as somebody listens there; returns the exit code.</summary>
    public static int Tell(IEnumerable<Diagnostic> diagnostics)
    {
        try
        {
            foreach (var diagnostic in diagnostics)
            {
                Console.Error.WriteLine(diagnostic);
            }
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            // Standard error is closed or full: the exit code has to say it alone.
        }

        return (int)ExitCode.Failed;
    }
}
