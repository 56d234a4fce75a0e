using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Numerics;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>One entry of a folder.</summary>
internal struct FolderEntry
{
    public int Name, NameLength; // in FolderEntries
    public bool IsLink;
    public FileStat Stat; // of what it leads to; of a folder only the kind, its other numbers are taken when it is opened
}

/// <summary>The entries of the folders that a walk is in, one folder after the other like a stack.</summary>
internal sealed class FolderEntries
{
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0, RecurseSubdirectories = false, IgnoreInaccessible = false };

    private FolderEntry[] _entries = new FolderEntry[64];
    private byte[] _names = new byte[2048];
    private ulong[] _keys = [];
    private int _used;

    public int Count { get; private set; }

    public ref FolderEntry this[int at] => ref _entries[at];

    /// <summary>The name with the NUL behind it.</summary>
    public ReadOnlySpan<byte> Terminated(in FolderEntry entry) => _names.AsSpan(entry.Name, entry.NameLength + 1);

    public ReadOnlySpan<byte> Name(in FolderEntry entry) => _names.AsSpan(entry.Name, entry.NameLength);

    /// <summary>Forgets the entries from a position on.</summary>
    public void CutTo(int count)
    {
        _used = count < Count ? _entries[count].Name : _used;
        Count = count;
    }

    public ref FolderEntry Add(ReadOnlySpan<byte> name)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        if (_used + name.Length + 1 > _names.Length)
        {
            Array.Resize(ref _names, Math.Max(_names.Length * 2, _used + name.Length + 1));
        }

        name.CopyTo(_names.AsSpan(_used));
        _names[_used + name.Length] = 0;
        ref var entry = ref _entries[Count++];
        entry = new() { Name = _used, NameLength = name.Length };
        _used += name.Length + 1;
        return ref entry;
    }

    /// <summary>Adds the entries that the framework finds, where the system's own call is not known; links are not followed.</summary>
    public void AddPortably(string folder)
    {
        foreach (var name in new FileSystemEnumerable<string>(folder, static (ref entry) => entry.FileName.ToString(), s_everything))
        {
            var stat = FileStat.OfLink(Path.Join(folder, name));
            Add(Encoding.UTF8.GetBytes(name)).Stat = stat;
        }
    }

    /// <summary>Sorts a folder's entries so that a walk in this order meets files in the order of their paths' bytes: a folder's name counts with the <c>/</c> behind it.</summary>
    public void Sort(int first)
    {
        var entries = _entries.AsSpan(first, Count - first);
        if (_keys.Length < entries.Length)
        {
            _keys = new ulong[BitOperations.RoundUpToPowerOf2((uint)entries.Length)];
        }

        // Eight bytes decide nearly always, if they are taken where the names begin to differ.
        var common = CommonPrefix(entries);
        var keys = _keys.AsSpan(0, entries.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Key(entries[i], common);
        }

        keys.Sort(entries);
        for (int i = 0, end; i < keys.Length; i = end)
        {
            for (end = i + 1; end < keys.Length && keys[end] == keys[i]; end++)
            {
            }

            if (end - i > 1)
            {
                entries[i..end].Sort(Compare);
            }
        }
    }

    private int CommonPrefix(ReadOnlySpan<FolderEntry> entries)
    {
        var common = entries.Length == 0 ? [] : Name(entries[0]);
        foreach (ref readonly var entry in entries)
        {
            common = common[..common.CommonPrefixLength(Name(entry))];
        }

        return common.Length;
    }

    private ulong Key(in FolderEntry entry, int from)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        var name = Name(entry)[from..];
        name[..Math.Min(8, name.Length)].CopyTo(bytes);
        if (name.Length < 8 && entry.Stat.Kind == FileKind.Directory)
        {
            bytes[name.Length] = (byte)'/';
        }

        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private int Compare(FolderEntry a, FolderEntry b)
    {
        var left = Name(a);
        var right = Name(b);
        var common = left.CommonPrefixLength(right);
        return At(a, left, common).CompareTo(At(b, right, common));
    }

    private static int At(in FolderEntry entry, ReadOnlySpan<byte> name, int at) =>
        at < name.Length ? name[at] : entry.Stat.Kind == FileKind.Directory ? '/' : -1;
}
