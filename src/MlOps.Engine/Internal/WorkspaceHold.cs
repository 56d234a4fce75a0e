using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Keeps other builds out of a workspace.</summary>
internal static class WorkspaceHold
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until no other build holds the workspace; says once that it waits.</summary>
    public static async Task<IDisposable> AcquireAsync(string root, Action waiting, CancellationToken cancellationToken)
    {
        for (var told = false; ; told = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (FileHold.TryAcquire(FileOf(root)) is { } hold)
            {
                return hold;
            }

            if (!told)
            {
                waiting();
            }

            await Task.Delay(Patience, cancellationToken);
        }
    }

    /// <summary>Takes the workspace if nobody holds it; never waits, and null too where it cannot be held.</summary>
    public static IDisposable? TryAcquire(string root)
    {
        try
        {
            return FileHold.TryAcquire(FileOf(root));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string FileOf(string root) => Path.Join(root, ".mlops", "build.lock");
}
