using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MlOps.Delivery.Internal;

/// <summary>A process that we started, told apart from a later one that got the same id.</summary>
/// <param name="Id">The operating system's id.</param>
/// <param name="Started">When it was started: on Linux the boot's id and the clock ticks since boot, elsewhere the start time's ticks.</param>
internal sealed partial record RunningProcess(int Id, string Started)
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>The process that has this id now, or null.</summary>
    public static RunningProcess? Find(int id)
    {
        if (OperatingSystem.IsLinux())
        {
            return StartTicks(id) is { } ticks ? new(id, $"{BootId()}/{ticks}") : null;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited ? null : new(id, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether this very process still runs.</summary>
    public bool IsAlive => Find(Id) == this;

    /// <summary>When it was started, by the wall clock; null where it runs no more.</summary>
    public DateTimeOffset? StartedAt
    {
        get
        {
            try
            {
                using var process = Process.GetProcessById(Id);
                return IsAlive ? process.StartTime : null;
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                return null;
            }
        }
    }

    /// <summary>Asks it to end (SIGTERM), waits, and kills it when the grace period is over. Never touches another process of the same id.</summary>
    public async Task EndAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        Signal(Terminate);
        if (!await EndedWithinAsync(grace, cancellationToken))
        {
            Signal(Kill);
            await EndedWithinAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    private async Task<bool> EndedWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (IsAlive)
        {
            if (limit != Timeout.InfiniteTimeSpan && watch.Elapsed > limit)
            {
                return false;
            }

            await Task.Delay(10, cancellationToken);
        }

        return true;
    }

    private void Signal(int signal)
    {
        if (!IsAlive)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            using var process = Process.GetProcessById(Id);
            process.Kill();
        }
        else
        {
            // Gone in between is what was wanted; that it is ours was checked.
            _ = SendSignal(Id, signal);
        }
    }

    /// <summary>Field 22 of /proc/ID/stat; null for a process that is gone or waits to be buried (state Z).</summary>
    private static string? StartTicks(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name, in parentheses, may hold blanks and parentheses itself.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int id, int signal);
}
