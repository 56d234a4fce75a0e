using System.Diagnostics;
using MlOps.Content;
using MlOps.Pipelines;
using Spectre.Console;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Cli;

/// <summary>How much is said while a target works.</summary>
internal enum Verbosity
{
    /// <summary>Warnings and errors only.</summary>
    Quiet,

    /// <summary>A live line on a terminal, else a line per finished step.</summary>
    Normal,

    /// <summary>A line per change of what runs, wherever it goes.</summary>
    Detailed,
}

/// <summary>Progress and warnings on standard error: a live line on a terminal, plain lines elsewhere. Standard output is for results.</summary>
internal sealed class Terminal(Verbosity verbosity) : IReporter, IDisposable
{
    /// <summary>Eyes follow ten changes a second; a terminal over a slow line hardly more.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly bool _live = verbosity == Verbosity.Normal && !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));
    private readonly bool _colours = !Console.IsErrorRedirected
        && AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) }).Profile.Capabilities.ColorSystem != ColorSystem.NoColors;

    /// <summary>Whether standard output is a terminal with colours.</summary>
    public static bool ShowsColours => !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan? _painted;
    private string _last = "";
    private bool _shown;

    public void Warn(Diagnostic diagnostic) => Line(diagnostic.ToString(), diagnostic.Severity == Severity.Error ? 31 : 33);

    public void Note(string line)
    {
        if (verbosity != Verbosity.Quiet)
        {
            Line(line, null);
        }
    }

    public void Finished(string line)
    {
        if (!_live)
        {
            Note(line);
        }
    }

    public void Live(string line)
    {
        lock (_lock)
        {
            if (line.Length == 0 || line == _last)
            {
                return;
            }

            if (verbosity == Verbosity.Detailed)
            {
                Line(line, null);
            }
            else if (_live && (_painted is null || _watch.Elapsed - _painted > Pace))
            {
                var width = Console.WindowWidth is > 20 and var columns ? columns - 1 : 79;
                Write("\r\e[K" + (line.Length > width ? line[..(width - 1)] + "…" : line));
                (_painted, _shown) = (_watch.Elapsed, true);
            }

            _last = line;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Wipe();
        }
    }

    /// <param name="colour">The terminal's number of a colour for the first line; the rest is there to be read and copied.</param>
    private void Line(string text, int? colour)
    {
        lock (_lock)
        {
            Wipe();
            var end = text.IndexOf('\n', StringComparison.Ordinal) is > 0 and var first ? first : text.Length;
            Write(_colours && colour is not null ? $"\e[{colour}m{text[..end]}\e[0m{text[end..]}\n" : text + "\n");
        }
    }

    private void Wipe()
    {
        if (_shown)
        {
            Write("\r\e[K");
            _shown = false;
        }
    }

    /// <summary>Progress that nobody can see any more (standard error is closed or full) must not end the work.</summary>
    private static void Write(string text)
    {
        try
        {
            Console.Error.Write(text);
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            // The result goes to standard output, and the exit code says the rest.
        }
    }
}
