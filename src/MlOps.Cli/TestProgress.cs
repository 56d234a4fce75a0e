using System.Diagnostics;

namespace MlOps.Cli;

/// <summary>Says how far a test run is: a live line on a terminal, else a line for each failure and for each half minute.</summary>
internal sealed class TestProgress(string project, Stopwatch watch)
{
    private const int LinesOfTail = 30;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);
    private readonly Queue<string> _tail = new();
    private readonly bool _live = !Console.IsErrorRedirected;
    private TimeSpan _said;
    private int _ran;
    private int _failed;

    /// <summary>The last lines that the run printed, for a run that broke off.</summary>
    public string Tail => string.Join('\n', _tail);

    /// <summary>Takes a line of the runner's console output.</summary>
    public void Line(string line)
    {
        _tail.Enqueue(line);
        if (_tail.Count > LinesOfTail)
        {
            _tail.Dequeue();
        }

        var failed = line.StartsWith("  Failed ", StringComparison.Ordinal);
        if (!failed && !line.StartsWith("  Passed ", StringComparison.Ordinal) && !line.StartsWith("  Skipped ", StringComparison.Ordinal))
        {
            return;
        }

        _ran++;
        if (failed)
        {
            _failed++;
            Console.Error.WriteLine($"{(_live ? "\r" : "")}{project}: failed: {line[9..]}");
        }

        if (_live)
        {
            Console.Error.Write($"\r{project}: {_ran} tests, {_failed} failed, {watch.Elapsed.TotalSeconds:F0} s ");
        }
        else if (watch.Elapsed - _said > Pace)
        {
            _said = watch.Elapsed;
            Console.Error.WriteLine($"{project}: {_ran} tests, {_failed} failed, {watch.Elapsed.TotalSeconds:F0} s");
        }
    }

    /// <summary>Ends the line with what the result file says.</summary>
    public void Finish(IReadOnlyCollection<TestResult> results) =>
        Console.Error.WriteLine($"{(_live ? "\r" : "")}{project}: {results.Count} tests, {results.Count(r => r.Outcome == TestOutcome.Failed)} failed, {watch.Elapsed.TotalSeconds:F0} s");
}
