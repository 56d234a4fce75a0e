using System.Globalization;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Puts results where users look at them, <c>.mlops/out</c>: whole, and nothing of an earlier version beside them.</summary>
internal sealed class Checkout(string root, ContentStore store)
{
    private static int s_counter;

    public static WorkspacePath Place(WorkspacePath path) => WorkspacePath.Parse(".mlops/out/" + path.Value);

    /// <summary>Replaces what is there; false if the store does not have the content whole, then all is as it was.</summary>
    public bool TryPlace(ContentRef content, WorkspacePath path)
    {
        var target = Place(path).In(root);
        if (!store.Check(content))
        {
            return false;
        }

        MakeWay(path);
        if (!content.IsTree)
        {
            Remove(target, onlyFolder: true);
            return store.CopyTo(content.Content, target);
        }

        var fresh = Aside();
        try
        {
            Directory.CreateDirectory(fresh);
            if (!store.TryReadTree(content.Content)!.Entries.All(entry => store.CopyTo(entry.Content, Path.Join(fresh, entry.Path))))
            {
                return false;
            }

            // Two renames: who looks in between sees nothing, never a mixture; a kill in between is seen by the next build.
            Remove(target, onlyFolder: false);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Directory.Move(fresh, target);
            return true;
        }
        finally
        {
            if (Directory.Exists(fresh))
            {
                Directory.Delete(fresh, recursive: true);
            }
        }
    }

    /// <summary>A file of an earlier version, or a link that somebody put, may stand where a folder is to be.</summary>
    private void MakeWay(WorkspacePath path)
    {
        for (var slash = path.Value.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.Value.IndexOf('/', slash + 1))
        {
            var above = Place(WorkspacePath.Parse(path.Value[..slash])).In(root);
            if (FileStat.OfLink(above).Kind is not (FileKind.Directory or FileKind.Absent))
            {
                File.Delete(above);
            }
        }
    }

    private void Remove(string target, bool onlyFolder)
    {
        switch (FileStat.OfLink(target).Kind)
        {
            case FileKind.Absent:
                break;
            case FileKind.Directory:
                var old = Aside();
                Directory.CreateDirectory(Path.GetDirectoryName(old)!);
                Directory.Move(target, old);
                Directory.Delete(old, recursive: true);
                break;
            default:
                if (!onlyFolder)
                {
                    File.Delete(target);
                }

                break;
        }
    }

    /// <summary>A place beside the sandboxes, which every build sweeps: a kill leaves nothing for long.</summary>
    private string Aside() => Path.Join(root, ".mlops", "sandbox", string.Create(CultureInfo.InvariantCulture, $"out-{Environment.ProcessId}-{Interlocked.Increment(ref s_counter)}"));
}
