namespace MlOps.Content.Internal;

/// <summary>The order of bytes.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    public static ByteOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}

/// <summary>One ascending sequence of files in a merge.</summary>
/// <param name="parts">Rows with the folder that their paths are relative to; each part's paths come before the next one's.</param>
/// <param name="hidden">Folders, ascending and none below another, whose files are passed over.</param>
internal sealed class MergeSource(List<(FileRows Rows, byte[] Folder)> parts, byte[][]? hidden = null)
{
    private byte[] _path = new byte[256];
    private int _length;
    private int _part;
    private int _hidden;

    public FileRows Rows => parts[_part].Rows;

    public byte[] Folder => parts[_part].Folder;

    public int At { get; private set; } = -1;

    public ref readonly IndexRow Row => ref Rows[At];

    public ReadOnlySpan<byte> Path => _path.AsSpan(0, _length);

    /// <summary>Goes to the next file; false at the end.</summary>
    public bool Advance()
    {
        do
        {
            At++;
            for (; _part < parts.Count && At >= Rows.Count; _part++)
            {
                At = 0;
            }

            if (_part == parts.Count)
            {
                return false;
            }

            Show(Folder, Rows.PathOf(Row));
        }
        while (IsHidden());
        return true;
    }

    private void Show(byte[] folder, ReadOnlySpan<byte> path)
    {
        _length = folder.Length + path.Length;
        if (_length > _path.Length)
        {
            _path = new byte[_length * 2];
        }

        folder.CopyTo(_path, 0);
        path.CopyTo(_path.AsSpan(folder.Length));
    }

    private bool IsHidden()
    {
        while (hidden is not null && _hidden < hidden.Length && !Path.StartsWith(hidden[_hidden]) && Path.SequenceCompareTo(hidden[_hidden]) > 0)
        {
            _hidden++;
        }

        return hidden is not null && _hidden < hidden.Length && Path.StartsWith(hidden[_hidden]);
    }
}
