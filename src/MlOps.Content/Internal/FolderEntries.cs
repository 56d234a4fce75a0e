using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>One entry of a folder.</summary>
internal struct FolderEntry
{
    public int Name, NameLength; // in FolderEntries
    public bool IsLink, IsPlain; // plain: ASCII without line break
    public FileStat Stat; // of what it leads to; of a folder only the kind, its other numbers are taken when it is opened
}

/// <summary>The entries of the folders that a walk is in, one folder after the other like a stack.</summary>
/// <remarks>Pointers and arrays of its own instead of spans and lists: their code is compiled ahead for types of the framework only,
/// and compiling it at run time costs more than walking ten thousand files.</remarks>
internal sealed unsafe class FolderEntries
{
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0, RecurseSubdirectories = false, IgnoreInaccessible = false };

    private FolderEntry* _entries;
    private byte* _names;
    private int _room, _nameRoom, _used;
    private Key[] _keys = new Key[16], _spare = new Key[16];

    public int Count { get; private set; }

    public FolderEntry* this[int at] => _entries + at;

    /// <summary>The name; a NUL stands behind it.</summary>
    public byte* NameOf(FolderEntry* entry) => _names + entry->Name;

    public ReadOnlySpan<byte> Name(FolderEntry* entry) => new(NameOf(entry), entry->NameLength);

    /// <summary>Forgets the entries from a position on.</summary>
    public void CutTo(int count)
    {
        _used = count < Count ? _entries[count].Name : _used;
        Count = count;
    }

    /// <summary>Adds an entry by its NUL-terminated name.</summary>
    public FolderEntry* Add(byte* name)
    {
        var length = 0;
        var plain = true;
        for (byte b; (b = name[length]) != 0; length++)
        {
            plain &= b < 0x80 & b != (byte)'\n';
        }

        MakeRoom(length + 1);
        Buffer.MemoryCopy(name, _names + _used, length + 1, length + 1);
        var entry = _entries + Count++;
        *entry = default;
        (entry->Name, entry->NameLength, entry->IsPlain) = (_used, length, plain);
        _used += length + 1;
        return entry;
    }

    /// <summary>Adds the entries that the framework finds, where the system's own call is not known; links are not followed.</summary>
    public void AddPortably(string folder)
    {
        foreach (var name in new FileSystemEnumerable<string>(folder, static (ref entry) => entry.FileName.ToString(), s_everything))
        {
            fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
            {
                Add(bytes)->Stat = FileStat.OfLink(Path.Join(folder, name));
            }
        }
    }

    /// <summary>Gives the memory back; it may be filled again.</summary>
    public void Free()
    {
        NativeMemory.Free(_entries);
        NativeMemory.Free(_names);
        _entries = null;
        _names = null;
        (_room, _nameRoom, _used, Count) = (0, 0, 0, 0);
    }

    private void MakeRoom(int nameBytes)
    {
        if (Count == _room)
        {
            _room = Math.Max(64, _room * 2);
            _entries = (FolderEntry*)NativeMemory.Realloc(_entries, (nuint)_room * (nuint)sizeof(FolderEntry));
        }

        if (_used + nameBytes > _nameRoom)
        {
            _nameRoom = Math.Max(Math.Max(2048, _nameRoom * 2), _used + nameBytes);
            _names = (byte*)NativeMemory.Realloc(_names, (nuint)_nameRoom);
        }
    }

    private struct Key
    {
        public ulong Prefix;
        public int At;
    }

    /// <summary>The positions of a folder's entries in the order in which a walk meets files in the order of their paths' bytes:
    /// a folder's name counts with the <c>/</c> behind it.</summary>
    public int[] Order(int first)
    {
        var count = Count - first;
        if (_keys.Length < count)
        {
            _keys = new Key[count];
            _spare = new Key[count];
        }

        // Eight bytes decide nearly always, if they are taken where the names begin to differ.
        var common = CommonPrefix(first);
        for (var i = 0; i < count; i++)
        {
            _keys[i] = new() { Prefix = PrefixOf(_entries + first + i, common), At = first + i };
        }

        var order = new int[count];
        var sorted = MergeSort(count);
        for (var i = 0; i < count; i++)
        {
            order[i] = sorted[i].At;
        }

        return order;
    }

    private Key[] MergeSort(int count)
    {
        var (from, to) = (_keys, _spare);
        for (var width = 1; width < count; width *= 2)
        {
            for (var left = 0; left < count; left += 2 * width)
            {
                var (middle, end) = (Math.Min(left + width, count), Math.Min(left + (2 * width), count));
                for (int i = left, j = middle, k = left; k < end; k++)
                {
                    to[k] = i < middle && (j >= end || !IsBefore(from[j], from[i])) ? from[i++] : from[j++];
                }
            }

            (from, to) = (to, from);
        }

        return from;
    }

    private bool IsBefore(in Key a, in Key b)
    {
        if (a.Prefix != b.Prefix)
        {
            return a.Prefix < b.Prefix;
        }

        var left = _entries + a.At;
        var right = _entries + b.At;
        for (var i = 0; ; i++)
        {
            var (l, r) = (At(left, i), At(right, i));
            if (l != r || l < 0)
            {
                return l < r;
            }
        }
    }

    private int CommonPrefix(int first)
    {
        if (first == Count)
        {
            return 0;
        }

        var name = NameOf(_entries + first);
        var common = _entries[first].NameLength;
        for (var i = first + 1; i < Count; i++)
        {
            var other = NameOf(_entries + i);
            var same = 0;
            while (same < common && other[same] == name[same])
            {
                same++;
            }

            common = same;
        }

        return common;
    }

    private ulong PrefixOf(FolderEntry* entry, int from)
    {
        var prefix = 0UL;
        for (var i = from; i < from + 8; i++)
        {
            prefix = (prefix << 8) | (uint)Math.Max(0, At(entry, i));
        }

        return prefix;
    }

    private int At(FolderEntry* entry, int at) =>
        at < entry->NameLength ? NameOf(entry)[at] : at == entry->NameLength && entry->Stat.Kind == FileKind.Directory ? '/' : -1;
}
