using System.Globalization;
using System.Runtime.InteropServices;

namespace MlOps.Engine.Internal;

/// <summary>The tracer: see ptrace(2), "PTRACE_SEIZE" and "Stopped states".</summary>
internal sealed unsafe partial class ReadWatch
{
    private const int Seize = 0x4206, Listen = 0x4208, GetSyscallInfo = 0x420e, UntilSyscall = 24;
    private const int MarkSyscalls = 1, Forks = 2, Vforks = 4, Clones = 8, Execs = 0x10, EndWithTracer = 0x100000; // PTRACE_O_…
    private const int ExecEvent = 4, StopEvent = 128, InfoBytes = 88;
    private const int AllKinds = 0x40000000, OfThisThread = 0x20000000, UntilStopped = 2; // __WALL, __WNOTHREAD, WUNTRACED
    private const int Kill = 9, Continue = 18, Trap = 5, SyscallTrap = Trap | 0x80, Interrupted = 4;

    /// <summary>The command that waits stopped until it is watched, then becomes the program.</summary>
    public static string[] Stopped(IEnumerable<string> arguments) => ["/bin/sh", "-c", "kill -STOP $$; exec \"$@\"", "sh", .. arguments];

    /// <summary>Follows a program that was started by this thread as <see cref="Stopped"/> to its end, and ends what it left.</summary>
    /// <returns>The program's wait status; errno as a negative number if it may not be watched.</returns>
    public int Follow(int program)
    {
        int status;
        if (Wait(program, &status, UntilStopped) < 0 || (status & 0xff) != 0x7f)
        {
            return status;
        }

        if (ptrace(Seize, program, 0, MarkSyscalls | Forks | Vforks | Clones | Execs | EndWithTracer) != 0)
        {
            var error = Marshal.GetLastSystemError();
            _ = kill(-program, Kill);
            _ = Wait(program, &status, 0);
            return -error;
        }

        _ = kill(program, Continue);
        return Trace(program);
    }

    private int Trace(int program)
    {
        var inOpen = new Dictionary<int, bool> { [program] = false };
        int? result = null;
        var info = stackalloc byte[InfoBytes];
        int status;
        for (int task; (task = Wait(-1, &status, OfThisThread)) > 0;)
        {
            if ((status & 0xff) != 0x7f)
            {
                inOpen.Remove(task);
                if (task == program)
                {
                    result = status;
                    foreach (var left in inOpen.Keys)
                    {
                        _ = kill(left, Kill);
                    }
                }

                continue;
            }

            if (inOpen.TryAdd(task, false) && result is not null)
            {
                _ = kill(task, Kill);
            }

            var (signal, happened) = ((status >> 8) & 0xff, status >> 16);
            if (signal == SyscallTrap)
            {
                if (ptrace(GetSyscallInfo, task, InfoBytes, (nint)info) > 0)
                {
                    inOpen[task] = Syscall(task, info, inOpen[task]);
                }

                signal = 0;
            }
            else if (happened == StopEvent && signal != Trap)
            {
                // Stopped by a signal such as SIGTSTP: it stays so until it is continued.
                _ = ptrace(Listen, task, 0, 0);
                continue;
            }
            else if (happened != 0)
            {
                if (happened == ExecEvent)
                {
                    Opened(string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/exe"));
                }

                signal = 0;
            }

            _ = ptrace(UntilSyscall, task, 0, signal);
        }

        return result ?? 0;
    }

    /// <summary>Looks at a call's begin or end; gives whether the task is in a call that opens a file.</summary>
    private bool Syscall(int task, byte* info, bool opening)
    {
        const byte entry = 1, exit = 2;
        if (info[0] == entry)
        {
            return Opens(*(uint*)(info + 4), *(ulong*)(info + 24));
        }

        if (info[0] == exit && opening && *(long*)(info + 24) is >= 0 and <= int.MaxValue and var descriptor)
        {
            Opened(string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fd/{descriptor}"));
        }

        return false;
    }

    /// <summary>open, creat, openat, open_by_handle_at, openat2 by architecture, as AUDIT_ARCH_… of linux/audit.h names it.</summary>
    private static bool Opens(uint architecture, ulong number) => architecture switch
    {
        0xc000003e => number is 2 or 85 or 257 or 304 or 437, // x86-64
        0xc00000b7 => number is 56 or 265 or 437, // ARM64
        0x40000003 => number is 5 or 8 or 295 or 342 or 437, // i386
        0x40000028 => number is 5 or 8 or 322 or 371 or 437, // ARM
        _ => false,
    };

    private static int Wait(int task, int* status, int options)
    {
        int ended;
        while ((ended = waitpid(task, status, options | AllKinds)) < 0 && Marshal.GetLastSystemError() == Interrupted)
        {
        }

        return ended;
    }

    [LibraryImport("libc")]
    private static partial nint ptrace(nint request, nint task, nint address, nint data);

    [LibraryImport("libc")]
    private static partial int waitpid(int task, int* status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int task, int signal);
}
