using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Asks programs which version they are: each command once per engine, in a bare environment, whoever declares it.</summary>
/// <remarks>A remembered "nothing to do" holds as long as PATH and the program's file are what they were; that the program would answer otherwise for another reason
/// (a library was updated) is seen by the next build that looks.</remarks>
internal sealed class ToolProbes
{
    private const int LongestAnswer = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Lazy<string>> _answers = new(StringComparer.Ordinal);

    /// <summary>What a command printed, without blanks at the ends; of many lines the first and the digest of all.</summary>
    /// <exception cref="DiagnosticException">It is not found, fails or prints nothing.</exception>
    public string Answer(Step step, ImmutableArray<string> command, BuildMirror? mirror)
    {
        if (mirror is not null)
        {
            Observe(command[0], mirror);
        }

        return _answers.GetOrAdd(string.Join('\0', command), _ => new(() => Ask(step, command))).Value;
    }

    /// <summary>The program's file, and every place before it where one of the same name would be taken instead.</summary>
    private static void Observe(string program, BuildMirror mirror)
    {
        mirror.ObserveVariable("PATH");
        foreach (var folder in program.Contains('/', StringComparison.Ordinal) ? [""] : RunEnvironment.Path.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = folder.Length == 0 ? program : System.IO.Path.Join(folder, program);
            mirror.Observe(path);
            if (File.Exists(path))
            {
                return;
            }
        }
    }

    private static string Ask(Step step, ImmutableArray<string> command)
    {
        var log = new ProgramLog(Masking.Nothing, report: null);
        var result = Programs.Run(new(command, RunEnvironment.Bare("/nonexistent"), "/") { Timeout = Patience }, log, CancellationToken.None);
        var text = Encoding.UTF8.GetString(log.ToBytes()).Trim();
        if (result.Code != 0 || text.Length == 0)
        {
            throw new DiagnosticException(new Diagnostic("MLO3046", $"a probe of step '{step.Name}' fails")
            {
                Where = step.Origin,
                Why = $"{string.Join(' ', command)}: " + (result.TimedOut ? $"still ran after {Patience.TotalSeconds:0} s"
                    : result.Code < 0 ? Marshal.GetPInvokeErrorMessage(-result.Code)
                    : result.Code > 0 ? $"exited with {result.Code}{RunExecutor.Indented(text)}" : "printed nothing"),
                Mend = "install the program, or change 'probe' under 'toolchain'",
            });
        }

        var first = text.Split('\n')[0].TrimEnd();
        return text.Length <= LongestAnswer && first.Length == text.Length ? text
            : $"{(first.Length <= LongestAnswer ? first : first[..LongestAnswer])} ({Digest.Of(text)})";
    }
}
