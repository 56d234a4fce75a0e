using System.Runtime.ExceptionServices;


namespace MlOps.Content.Internal;

/// <summary>Takes the digests of files that were seen, several side by side.</summary>
/// <param name="root">The workspace's absolute path.</param>
/// <param name="directory">What the rows' paths are relative to: a workspace path; empty for the root itself.</param>
/// <param name="rows">The files.</param>
internal sealed unsafe class TreeReader(string root, string directory, TreeRows rows)
{
    private const int Attempts = 3, MostThreads = 8, FilesWorthAThread = 256, FilesAtOnce = 16;
    private const long BytesWorthAThread = 8 << 20;

    private readonly Lock _gate = new();
    private readonly string _folder = Path.Join(root, directory);
    private List<int> _pending = [];
    private int _next;
    private ulong _device;
    private int _failedAt = int.MaxValue;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Reads the files at some positions.</summary>
    /// <exception cref="DiagnosticException">A file changes while it is read, or is none any more.</exception>
    /// <exception cref="IOException">A file cannot be read; of several, the first one in the rows' order is told.</exception>
    public void Read(List<int> pending)
    {
        _pending = pending;
        using var folder = Posix.ReadsFolders ? Posix.OpenFolder(_folder) : null;
        _device = folder is not null && Posix.TryStat(folder.Descriptor, out var stat) == 0 ? stat.Device : 0;
        var threads = new Thread[Threads() - 1];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new(() => Work(folder)) { IsBackground = true };
            threads[i].Start();
        }

        Work(folder);
        foreach (var thread in threads)
        {
            thread.Join();
        }

        _failure?.Throw();
    }

    private int Threads()
    {
        long bytes = 0;
        foreach (var at in _pending)
        {
            bytes += rows[at].Size;
        }

        var worth = Math.Max(_pending.Count / FilesWorthAThread, bytes / BytesWorthAThread);
        return (int)Math.Clamp(worth, 1, Math.Min(Math.Min(Environment.ProcessorCount, MostThreads), Math.Max(1, _pending.Count)));
    }

    private void Work(FolderHandle? folder)
    {
        using var digester = new FileDigester();
        // Positions are handed out in order, so every file before the first failure is read, and which failure is told depends on no thread.
        for (int first; (first = Interlocked.Add(ref _next, FilesAtOnce) - FilesAtOnce) < _pending.Count && first < Volatile.Read(ref _failedAt);)
        {
            var now = FileStat.Now;
            for (var next = first; next < Math.Min(first + FilesAtOnce, _pending.Count); next++)
            {
                try
                {
                    Read(ref rows[_pending[next]], digester, folder, now);
                }
                catch (Exception e) when (e is DiagnosticException || IoFailure.Covers(e))
                {
                    Fail(next, e);
                    break;
                }
            }
        }
    }

    private void Fail(int at, Exception e)
    {
        lock (_gate)
        {
            if (at < _failedAt)
            {
                (_failedAt, _failure) = (at, ExceptionDispatchInfo.Capture(e));
            }
        }
    }

    /// <param name="row">The file.</param>
    /// <param name="digester">Of this thread.</param>
    /// <param name="folder">What paths are looked up from.</param>
    /// <param name="now">A moment before.</param>
    private void Read(ref IndexRow row, FileDigester digester, FolderHandle? folder, long now)
    {
        var stat = row.Stat;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            now = attempt == 0 ? now : FileStat.Now;
            using var file = Open(row, folder);
            var unseen = row.State == RowState.Unseen && attempt == 0;
            var identity = unseen ? digester.Identify(file) : row.HasDigests ? digester.Identify(file, row.Identity) : digester.Identify(file, stat.Size);
            var after = file.Stat();
            if (after.Kind != FileKind.File)
            {
                throw StatIndex.NotAFile(NameOf(row));
            }

            // One stat tells as much as two if it is older than the reading: whatever was written meanwhile would be younger.
            if (identity.Bytes == after.Size && (unseen ? after.Device == _device && !after.IsRacy(now) : after == stat))
            {
                row.Take(new(after, identity, after.IsRacy(now)));
                return;
            }

            stat = after;
        }

        throw new DiagnosticException(new Diagnostic("MLO1112", "a file changes while it is read")
        {
            Where = NameOf(row),
            Mend = "wait until its writer has finished, then run the same command again",
        });
    }

    private OpenFile Open(in IndexRow row, FolderHandle? folder)
    {
        if (folder is null)
        {
            return OpenFile.At(Path.Join(_folder, rows.NameOf(row)));
        }

        fixed (byte* path = rows.TerminatedPathOf(row))
        {
            var descriptor = Posix.OpenFile(folder.Descriptor, path, followLinks: row.State != RowState.Unseen);
            return descriptor >= 0 ? OpenFile.Of(descriptor) : throw Posix.Failure(-descriptor, Path.Join(_folder, rows.NameOf(row)));
        }
    }

    private string NameOf(in IndexRow row) => directory.Length == 0 ? rows.NameOf(row) : $"{directory}/{rows.NameOf(row)}";
}
