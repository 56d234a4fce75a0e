using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Runs a step's programs in the sandbox, one after another: no shell, a bare environment, all that they print kept.</summary>
internal sealed class RunExecutor(string root) : IStepExecutor
{
    /// <summary>The action that it runs.</summary>
    public const string Action = "run";

    /// <summary>The codes of failures that another attempt may mend.</summary>
    public const string ProgramFailed = "MLO3010", ProgramTimedOut = "MLO3041";

    private const int TailLines = 20, TailChars = 4000;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var step = context.Step;
        var masking = new Masking(RunEnvironment.Passed(step).Select(passed => passed.Value));
        var log = new ProgramLog(masking, context.Reporter);
        var environment = RunEnvironment.Of(step, context.WorkDirectory);
        var folder = context.WorkDirectory;
        if (step.Parameters[RunParameters.Directory] is { } below)
        {
            Directory.CreateDirectory(folder = Path.Join(folder, below.GetValue<string>()));
        }

        var watch = context.WatchedRoot is null ? null
            : OperatingSystem.IsLinux() ? ReadWatch.Of(step, root, context.WorkDirectory) : throw ReadWatch.NotPermitted(0);
        foreach (var command in RunParameters.Commands(step))
        {
            var end = Programs.Run(new(command, environment, folder) { Timeout = step.Run.Timeout, Sandbox = context.WorkDirectory, Watch = watch }, log, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            CheckReads(step, watch);
            if (end.Code != 0 || end.TimedOut)
            {
                throw Failed(step.Name.Value, step.Origin, step.Run.Timeout, command, end, log.ToBytes(), masking);
            }
        }

        context.Log = log.ToBytes() is { Length: > 0 } printed ? printed : null;
        ForgetFailure(step.Name.Value);
        return [];
    }

    /// <summary>Runs the one program of a step that has nothing but inputs and outputs; gives what it printed, null for nothing.</summary>
    /// <exception cref="DiagnosticException">It cannot be started, or fails.</exception>
    public byte[]? RunPlain(string step, string? origin, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        var log = new ProgramLog(Masking.Nothing, report: null);
        var end = Programs.Run(new(arguments, RunEnvironment.Bare(folder), folder) { Sandbox = folder }, log, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var printed = log.ToBytes();
        if (end.Code != 0)
        {
            throw Failed(step, origin, null, arguments, end, printed, Masking.Nothing);
        }

        ForgetFailure(step);
        return printed.Length > 0 ? printed : null;
    }

    /// <summary>The last lines of a text, below the line that says why.</summary>
    public static string Indented(string text)
    {
        text = text.TrimEnd();
        var cut = text.Length > TailChars;
        var lines = text[(cut ? text.Length - TailChars : 0)..].Split('\n').TakeLast(TailLines).Select(line => line.TrimEnd('\r'));
        return text.Length == 0 ? "" : "\n           " + (cut ? "…" : "") + string.Join("\n           ", lines);
    }

    private static void CheckReads(Step step, ReadWatch? watch)
    {
        const int shown = 10;
        if (watch is { Undeclared: { Count: > 0 } undeclared })
        {
            throw new DiagnosticException(new Diagnostic("MLO3047", $"step '{step.Name}' opens files that it does not declare")
            {
                Where = step.Origin,
                Why = string.Join(", ", undeclared.Take(shown)) + (undeclared.Count > shown ? $" and {undeclared.Count - shown} more" : ""),
                Mend = "add them to 'reads' and read them from there, or do not read them",
            });
        }
    }

    private DiagnosticException Failed(string step, string? origin, TimeSpan? timeout, string[] arguments, ProgramEnd end, byte[] printed, Masking masking)
    {
        var command = masking.Text(string.Join(' ', arguments));
        if (end.Code < 0)
        {
            return new(new Diagnostic("MLO3011", $"step '{step}' cannot be started")
            {
                Where = origin,
                Why = $"{masking.Text(arguments[0])}: {Marshal.GetPInvokeErrorMessage(-end.Code)}",
                Mend = "install the program, or add its file to 'reads' and make it executable",
            });
        }

        var why = end.TimedOut ? string.Create(CultureInfo.InvariantCulture, $"{command} still ran after {timeout!.Value.TotalSeconds} s and was ended with all that it started")
            : end.Code > 128 ? $"{command} was ended by signal {end.Code - 128}" : $"{command} exited with {end.Code}";
        return new(new Diagnostic(end.TimedOut ? ProgramTimedOut : ProgramFailed, $"step '{step}' {(end.TimedOut ? "takes too long" : "failed")}")
        {
            Where = origin,
            Why = why + Indented(Encoding.UTF8.GetString(printed)),
            Mend = (end.TimedOut ? "make the program faster, or raise 'timeout'" : "mend the program, or declare under 'reads' what it needs; only that is in its sandbox")
                + (KeepFailure(step, printed) is { } path ? $"; all that it printed: {path}" : ""),
        });
    }

    private static string LogOf(string step) => $".mlops/logs/{step}.log";

    private string? KeepFailure(string step, byte[] printed)
    {
        if (printed.Length == 0)
        {
            return null;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, LogOf(step)))!);
        AtomicFile.Write(Path.Join(root, LogOf(step)), printed);
        return LogOf(step);
    }

    /// <summary>The log of a failure that is mended would only confuse.</summary>
    private void ForgetFailure(string step)
    {
        if (File.Exists(Path.Join(root, LogOf(step))))
        {
            File.Delete(Path.Join(root, LogOf(step)));
        }
    }
}
