using System.Globalization;
using MlOps.Content;

namespace MlOps.Remotes;

/// <summary>A folder, on a mounted share or an external disk, in the layout of the local store.</summary>
/// <remarks>Writers use temporary files and renames, so any number of machines may share it.</remarks>
/// <param name="address">The path as declared.</param>
/// <param name="folder">The absolute path.</param>
internal sealed class FolderRemote(string address, string folder) : IRemoteStore
{
    private const int BlockBytes = 1 << 20;

    private static int s_counter;

    public string Address => address;

    public Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken)
    {
        IReadOnlySet<Digest> found = contents.Where(content => File.Exists(PathOf("objects", content))).ToHashSet();
        return Task.FromResult(found);
    }

    public async Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var path = PathOf("objects", content);
        if (!File.Exists(path))
        {
            return IsMounted ? false : throw Absent();
        }

        await using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        await using var to = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        if (to.Length > from.Length)
        {
            to.SetLength(0);
        }

        from.Position = to.Position = to.Length;
        await CopyAsync(from, to, progress, cancellationToken);
        return true;
    }

    public async Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        await WriteAsync(PathOf("objects", content), to => CopyAsync(from, to, progress, cancellationToken));
    }

    public async Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken)
    {
        var path = PathOf("records", key);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : IsMounted ? null : throw Absent();
    }

    public Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken) =>
        WriteAsync(PathOf("records", key), to => to.WriteAsync(record, cancellationToken).AsTask());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string kind, Digest digest) => Path.Join(folder, kind, digest.Hex[..2], digest.Hex[2..]);

    private static async Task CopyAsync(FileStream from, FileStream to, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        for (int read; (read = await from.ReadAsync(block, cancellationToken)) > 0;)
        {
            await to.WriteAsync(block.AsMemory(0, read), cancellationToken);
            progress?.Report(read);
        }
    }

    private static async Task WriteAsync(string path, Func<FileStream, Task> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Many machines may write the same object at once; a temporary name is one writer's own.
        var temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.MachineName}-{Environment.ProcessId}-{Interlocked.Increment(ref s_counter)}");
        try
        {
            await using (var to = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
            {
                await write(to);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The first push makes the folder itself, but not the one it stands in.</summary>
    private bool IsMounted => Directory.Exists(folder) || Directory.Exists(Path.GetDirectoryName(folder));

    /// <summary>A share that is not mounted must not look like an empty one.</summary>
    private DiagnosticException Absent() => new(new Diagnostic("MLO8202", $"the remote folder '{address}' is not there")
    {
        Why = "nor is the folder it stands in: the disk or share is not mounted, or the path is wrong",
        Mend = "mount it, or mend the path in nuke.json",
    });
}
