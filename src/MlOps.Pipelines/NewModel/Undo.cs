using MlOps.Content;

namespace MlOps.Pipelines.NewModel;

/// <summary>Takes back what was created and replaced, last first, unless it is told to keep it.</summary>
internal sealed class Undo
{
    private readonly Stack<Action> _steps = [];
    private readonly List<string> _formers = [];

    /// <summary>Creates a folder and those above it that are missing; all that stands in them later goes with them.</summary>
    public void CreateFolder(string path)
    {
        string? highest = null;
        for (var folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            highest = folder;
        }

        if (highest is not null)
        {
            _steps.Push(() => Directory.Delete(highest, recursive: true));
            Directory.CreateDirectory(path);
        }
    }

    /// <summary>To be called before a file is created or replaced.</summary>
    public void WillWrite(string path)
    {
        if (!File.Exists(path))
        {
            _steps.Push(() => File.Delete(path));
            return;
        }

        // A file with the former bytes waits beside it: on a full disk they could not be written again.
        var former = path + ".former";
        _formers.Add(former);
        _steps.Push(() => File.Delete(former));
        File.Copy(path, former, overwrite: true);
        _steps.Push(() => File.Move(former, path, overwrite: true));
    }

    /// <summary>Everything stays as it is now.</summary>
    public void Keep()
    {
        _formers.ForEach(File.Delete);
        _steps.Clear();
    }

    /// <summary>Everything is as it was, unless it was to be kept.</summary>
    public void TakeBack()
    {
        while (_steps.TryPop(out var step))
        {
            try
            {
                step();
            }
            catch (Exception failure) when (IoFailure.Covers(failure))
            {
                // What cannot be written can hardly be removed; the first failure is the one to tell.
            }
        }
    }
}
