using MlOps.Content;
using MlOps.Pipelines;
using Spectre.Console;

namespace MlOps.Cli;

/// <summary>Progress and warnings on standard error: a live line on a terminal, plain lines elsewhere. Standard output is for results.</summary>
internal sealed class Terminal(bool quiet) : IReporter, IDisposable
{
    private readonly Lock _lock = new();
    private readonly bool _live = !quiet && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("CI") is null;
    private readonly IAnsiConsole? _console = Console.IsErrorRedirected ? null : AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
    private bool _shown;

    public void Warn(Diagnostic diagnostic) => Line(diagnostic.ToString(), diagnostic.Severity == Severity.Error ? "red" : "yellow");

    public void Note(string line)
    {
        if (!quiet)
        {
            Line(line, null);
        }
    }

    public void Live(string line)
    {
        if (!_live)
        {
            return;
        }

        lock (_lock)
        {
            var width = Math.Max(20, Console.WindowWidth - 1);
            Console.Error.Write("\r\e[K" + (line.Length > width ? line[..width] : line));
            _shown = true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Wipe();
        }
    }

    private void Line(string text, string? colour)
    {
        lock (_lock)
        {
            Wipe();
            if (_console is not null && colour is not null)
            {
                _console.MarkupLine($"[{colour}]{Markup.Escape(text)}[/]");
            }
            else
            {
                Console.Error.WriteLine(text);
            }
        }
    }

    private void Wipe()
    {
        if (_shown)
        {
            Console.Error.Write("\r\e[K");
            _shown = false;
        }
    }
}
