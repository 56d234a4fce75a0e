namespace MlOps.Engine.Internal;

/// <summary>Keeps other builds out of a workspace; the kernel lets go when the process ends, however it ends.</summary>
internal sealed class WorkspaceHold : IDisposable
{
    private const int WouldBlock = 11, WouldBlockMac = 35, SharingViolation = unchecked((int)0x80070020);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private WorkspaceHold(FileStream file) => _file = file;

    /// <summary>Waits until no other build holds the workspace; says once that it waits.</summary>
    public static async Task<WorkspaceHold> AcquireAsync(string root, Action waiting, CancellationToken cancellationToken)
    {
        var path = Path.Join(root, ".mlops", "build.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (var told = false; ; told = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException e) when (e.HResult is WouldBlock or WouldBlockMac or SharingViolation)
            {
                if (!told)
                {
                    waiting();
                }
            }

            await Task.Delay(Patience, cancellationToken);
        }
    }

    /// <summary>Takes the workspace if nobody holds it; never waits.</summary>
    public static WorkspaceHold? TryAcquire(string root)
    {
        try
        {
            return new(new FileStream(Path.Join(root, ".mlops", "build.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
