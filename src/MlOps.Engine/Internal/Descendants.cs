using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Engine.Internal;

/// <summary>Finds and ends what a program left behind, also what went into a session of its own.</summary>
/// <remarks>While programs run, this process is the reaper of orphans (PR_SET_CHILD_SUBREAPER): what a program's descendants lose as a parent they find here. Whose they are is told by
/// their process group, by HOME in the environment that they were started with, and by their working directory; of a process that changed all three nothing is known, and it is let be.</remarks>
internal static partial class Descendants
{
    private const int Kill = 9, SetSubreaper = 36, Interrupted = 4, Rounds = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    /// <summary>When processes without an environment were first seen, by number and start: one that goes on like that delays one step, not every later one.</summary>
    private static readonly ConcurrentDictionary<string, Stopwatch> s_bare = new(StringComparer.Ordinal);
    private static readonly Lock s_gate = new();
    private static int s_users;

    /// <summary>Takes in orphans until the answer is disposed of.</summary>
    public static IDisposable Adopt()
    {
        lock (s_gate)
        {
            if (s_users++ == 0)
            {
                _ = prctl(SetSubreaper, 1, 0, 0, 0);
            }
        }

        return new Adoption();
    }

    /// <summary>Ends all that a program started; it has ended itself, but is not reaped yet.</summary>
    public static void End(int program, string sandbox)
    {
        // Each one that dies may leave children of its own, so the search goes on until nothing of it is found.
        for (var round = 0; round < Rounds; round++)
        {
            var found = false;
            foreach (var orphan in Orphans())
            {
                var belongs = orphan == program ? false : Belongs(orphan, program, sandbox);
                found |= belongs != false;
                if (belongs == true)
                {
                    _ = kill(orphan, Kill);
                    Reap(orphan);
                }
                else if (belongs is null)
                {
                    Thread.Sleep(1);
                }
            }

            if (!found)
            {
                return;
            }
        }
    }

    /// <summary>The kernel gives orphans to the first thread of their reaper. Where it does not tell (CONFIG_PROC_CHILDREN), only process groups are ended.</summary>
    private static int[] Orphans()
    {
        try
        {
            var id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            var children = Encoding.ASCII.GetString(File.ReadAllBytes("/proc/self/task/" + id + "/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var orphans = new int[children.Length];
            for (var i = 0; i < orphans.Length; i++)
            {
                orphans[i] = int.Parse(children[i], CultureInfo.InvariantCulture);
            }

            return orphans;
        }
        catch (Exception e) when (Content.IoFailure.Covers(e))
        {
            return [];
        }
    }

    /// <summary>Whether a process comes from a program; null while it cannot be told, because it is just turning into another program and has no environment yet.</summary>
    internal static bool? Belongs(int process, int program, string sandbox)
    {
        try
        {
            var folder = $"/proc/{process.ToString(CultureInfo.InvariantCulture)}";
            // "pid (name) state ppid pgrp …"; the name may hold anything, also brackets.
            var stat = File.ReadAllText($"{folder}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            if (int.Parse(fields[2], CultureInfo.InvariantCulture) == program)
            {
                return true;
            }

            var environment = File.ReadAllBytes($"{folder}/environ");
            return ("\0" + Encoding.UTF8.GetString(environment)).Contains($"\0HOME={sandbox}\0", StringComparison.Ordinal)
                || (new DirectoryInfo($"{folder}/cwd").LinkTarget is { } at && (at + "/").StartsWith(sandbox + "/", StringComparison.Ordinal))
                ? true : environment.Length == 0 && fields[0] is not "Z" and not "X" && !IsBare(folder, fields[19]) ? null : false;
        }
        catch (Exception e) when (Content.IoFailure.Covers(e))
        {
            // It has gone, or it changed its user.
            return false;
        }
    }

    /// <summary>Whether a process has no environment because it was started with none. The kernel lays out its arguments just before its environment, so while there
    /// are none either it is not through yet, however long a busy machine leaves it there.</summary>
    private static bool IsBare(string folder, string started) =>
        File.ReadAllBytes($"{folder}/cmdline").Length > 0 && s_bare.GetOrAdd($"{folder} {started}", static _ => Stopwatch.StartNew()).Elapsed > Patience;

    private static unsafe void Reap(int process)
    {
        int status;
        while (waitpid(process, &status, 0) < 0 && Marshal.GetLastSystemError() == Interrupted)
        {
        }
    }

    private sealed class Adoption : IDisposable
    {
        public void Dispose()
        {
            lock (s_gate)
            {
                if (--s_users == 0)
                {
                    _ = prctl(SetSubreaper, 0, 0, 0, 0);
                }
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static unsafe partial int waitpid(int pid, int* status, int options);
}
