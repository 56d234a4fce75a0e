namespace MlOps.Content.Internal;

/// <summary>Paths of files as a directory can hold them, one after the other: ascending by their bytes, each once, none both a file and a folder.</summary>
internal sealed class Ascent
{
    /// <summary>The paths taken that the last one begins with, shortest first; the last one is on top. Whatever begins with a path follows it at once.</summary>
    private readonly Stack<ReadOnlyMemory<byte>> _beginnings = new();

    /// <summary>Whether the next path may follow those taken before; its bytes are kept, not copied.</summary>
    public bool Takes(ReadOnlyMemory<byte> path)
    {
        if (_beginnings.TryPeek(out var last) && last.Span.SequenceCompareTo(path.Span) >= 0)
        {
            return false;
        }

        while (_beginnings.TryPeek(out var known) && !path.Span.StartsWith(known.Span))
        {
            _beginnings.Pop();
        }

        var isBelowAFile = _beginnings.TryPeek(out var file) && path.Span[file.Length] == (byte)'/';
        _beginnings.Push(path);
        return !isBelowAFile;
    }
}
