using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>A folder, on a mounted share or an external disk, in the layout of the local store.</summary>
/// <remarks>Writers use temporary files and renames, so any number of machines may share it. Nothing is synced to disk: readers check what they get.</remarks>
/// <param name="address">The path as declared.</param>
/// <param name="folder">The absolute path.</param>
internal sealed class FolderRemote(string address, string folder) : IRemoteStore
{
    private const int BlockBytes = 1 << 20;

    private readonly SharedTemporaries _temporaries = new(Path.Join(folder, "tmp"));

    public string Address => address;

    public Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RefuseUnmounted();
        // Many at once: on a network share each answer takes its time.
        IReadOnlySet<Digest> found = contents.AsParallel().WithCancellation(cancellationToken).Where(content => File.Exists(PathOf("objects", content))).ToHashSet();
        return Task.FromResult(found);
    }

    public async Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var from = OpenToRead(PathOf("objects", content));
        if (from is null)
        {
            return false;
        }

        await using var to = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        if (to.Length > from.Length)
        {
            to.SetLength(0);
        }

        from.Position = to.Position = to.Length;
        var block = new byte[BlockBytes];
        for (int read; (read = await OfShareAsync("read", () => from.ReadAsync(block, cancellationToken).AsTask())) > 0;)
        {
            await to.WriteAsync(block.AsMemory(0, read), cancellationToken);
            progress?.Report(read);
        }

        return true;
    }

    public async Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        await WriteAsync(PathOf("objects", content), async to =>
        {
            var block = new byte[BlockBytes];
            for (int read; (read = await from.ReadAsync(block, cancellationToken)) > 0;)
            {
                await to.WriteAsync(block.AsMemory(0, read), cancellationToken);
                progress?.Report(read);
                cancellationToken.ThrowIfCancellationRequested();
            }
        });
    }

    public async Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var from = OpenToRead(PathOf("records", key));
        if (from is null)
        {
            return null;
        }

        var bytes = new byte[from.Length];
        await OfShareAsync("read", async () =>
        {
            await from.ReadExactlyAsync(bytes, cancellationToken);
            return true;
        });
        return bytes;
    }

    public Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return WriteAsync(PathOf("records", key), to => to.WriteAsync(record, cancellationToken).AsTask());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string kind, Digest digest) => Path.Join(folder, kind, digest.Hex[..2], digest.Hex[2..]);

    /// <summary>A folder that is not there yet is an empty remote, which the first push makes; but not the one it stands in, else a share that is not mounted would look empty.</summary>
    private void RefuseUnmounted()
    {
        FolderFailure.RefuseFile(address, folder);
        if (!Directory.Exists(folder) && !Directory.Exists(Path.GetDirectoryName(folder)))
        {
            throw FolderFailure.Absent(address);
        }
    }

    private FileStream? OpenToRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            RefuseUnmounted();
            return null;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            FolderFailure.RefuseFile(address, folder);
            throw FolderFailure.Of(e, address, folder, "read");
        }
    }

    private async Task WriteAsync(string path, Func<FileStream, Task> write)
    {
        RefuseUnmounted();
        await OfShareAsync("written", async () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = _temporaries.Next();
            try
            {
                await using (var to = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
                {
                    await write(to);
                }

                File.Move(temporary, path, overwrite: true);
                _temporaries.RemoveOld(path);
                return true;
            }
            catch
            {
                SharedTemporaries.Discard(temporary);
                throw;
            }
        });
    }

    private async Task<T> OfShareAsync<T>(string doing, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw FolderFailure.Of(e, address, folder, doing);
        }
    }
}
