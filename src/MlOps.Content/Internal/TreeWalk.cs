using System.Text;
using System.Text.Unicode;

namespace MlOps.Content.Internal;

/// <summary>Takes what a walk finds.</summary>
/// <param name="path">Relative to the walked directory.</param>
/// <param name="stat">Of what the path leads to.</param>
internal delegate void FileSeen(ReadOnlySpan<byte> path, in FileStat stat);

/// <summary>Walks a directory and takes the stat of everything below it. Names stay bytes, paths are looked up from the folder they lie in.</summary>
/// <param name="root">The workspace's absolute path.</param>
/// <param name="links">Where links may lead; null follows all of them, for a directory that was judged before.</param>
/// <param name="portable">Whether the framework reads folders even where the system's own call is known.</param>
/// <param name="namesOnly">Whether regular files are told by their names alone, with a stat of zeros; whoever reads the files notes their stats, all of them.</param>
internal sealed unsafe class TreeWalk(string root, LinkPolicy? links, bool portable = false, bool namesOnly = false)
{
    private const int BlockBytes = 64 * 1024, EntryHeader = 19, LongestPath = 4095;
    private const byte Unknown = 0, Folder = 4, Regular = 8, Link = 10; // DT_…

    private readonly bool _portable = portable || !Posix.ReadsFolders;
    private readonly FolderEntries _entries = new();
    private readonly List<FolderOfWalk> _open = [];
    private byte[] _block = [];
    private byte[] _path = new byte[256];
    private string _directory = "";
    private FileSeen? _seen;
    private bool _isOdd; // the folder's path has a line break
    private int _notedLength = -1; // of the folder's path that is noted
    private ulong _notedFolder;

    /// <summary>A hash over every stat seen, folders included; it does not depend on any order.</summary>
    public ulong Stats { get; private set; }

    /// <summary>Whether a change just after the walk might not show in any stat.</summary>
    public bool IsRacy { get; private set; }

    /// <summary>Walks; files are told in the order of their paths' bytes.</summary>
    /// <param name="directory">Relative to the root.</param>
    /// <param name="seen">Null if only <see cref="Stats"/> is wanted; then names are not judged.</param>
    /// <exception cref="DiagnosticException">Something below it cannot be part of a dataset.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Run(string directory, FileSeen? seen)
    {
        (_directory, _seen) = (directory, seen);
        try
        {
            Start(Path.Join(root, directory));
        }
        finally
        {
            _entries.Free();
        }
    }

    private void Start(string folder)
    {
        if (_portable)
        {
            Visit(-1, folder, 0);
            return;
        }

        _block = new byte[BlockBytes];
        fixed (byte* path = Encoding.UTF8.GetBytes(folder + '\0'))
        {
            Enter(Posix.WorkingDirectory, path, followLinks: true, 0);
        }
    }

    private sealed record FolderOfWalk(ulong Device, ulong Inode);

    private void Enter(int parent, byte* name, bool followLinks, int length)
    {
        var descriptor = Posix.OpenFolder(parent, name, followLinks);
        if (descriptor < 0)
        {
            throw Posix.Failure(-descriptor, Named(length));
        }

        try
        {
            Visit(descriptor, "", length);
        }
        finally
        {
            Posix.Close(descriptor);
        }
    }

    /// <param name="descriptor">The open folder, if not walked portably.</param>
    /// <param name="folder">Its absolute path, if walked portably.</param>
    /// <param name="length">Of its path, with the <c>/</c> at the end.</param>
    private void Visit(int descriptor, string folder, int length)
    {
        var now = FileStat.Now;
        var stat = StatOf(descriptor, folder, length);
        // Windows has no inodes in FileStat; there the depth of the path ends a loop.
        var self = new FolderOfWalk(stat.Device, stat.Inode);
        if (stat.Inode != 0 && _open.Contains(self))
        {
            throw new DiagnosticException(new Diagnostic("MLO1113", "symbolic links lead in a circle") { Where = Named(length), Mend = "remove the link" });
        }

        _open.Add(self);
        var first = _entries.Count;
        _isOdd = Named(length).Contains('\n', StringComparison.Ordinal);
        Read(descriptor, folder, length);
        Note(stat, length, first, now);
        Descend(descriptor, folder, length, first);
        _entries.CutTo(first);
        _open.RemoveAt(_open.Count - 1);
    }

    private FileStat StatOf(int descriptor, string folder, int length)
    {
        if (_portable)
        {
            return FileStat.Of(folder);
        }

        var error = Posix.TryStat(descriptor, out var stat);
        return error == 0 ? stat : throw Posix.Failure(error, Named(length));
    }

    /// <summary>Takes note of a file of a walk that told names only.</summary>
    public void Note(ReadOnlySpan<byte> path, in FileStat stat, bool isRacy)
    {
        var length = path.LastIndexOf((byte)'/') + 1;
        fixed (byte* start = path)
        {
            if (length != _notedLength || !path[..length].SequenceEqual(_path.AsSpan(0, length)))
            {
                MakeRoom(length);
                path[..length].CopyTo(_path);
                (_notedLength, _notedFolder) = (length, StatHash.OfFolder(start, length));
            }

            Add(StatHash.OfEntry(_notedFolder, start + length, path.Length - length, stat));
        }

        IsRacy |= isRacy;
    }

    private void Note(in FileStat folder, int length, int first, long now)
    {
        ulong place;
        fixed (byte* path = _path)
        {
            place = StatHash.OfFolder(path, length);
        }

        Add(StatHash.OfEntry(place, null, 0, folder));
        var racy = folder.IsRacy(now);
        for (var i = first; i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry->Stat.Kind != FileKind.File)
            {
                // Its numbers are taken when it is entered.
                Add(StatHash.OfEntry(place, _entries.NameOf(entry), entry->NameLength, default));
            }
            else if (!namesOnly)
            {
                Add(StatHash.OfEntry(place, _entries.NameOf(entry), entry->NameLength, entry->Stat));
                racy |= entry->Stat.IsRacy(now);
            }
        }

        IsRacy |= racy;
    }

    private void Add(ulong hash)
    {
        unchecked
        {
            Stats += hash;
        }
    }

    private void Descend(int descriptor, string folder, int length, int first)
    {
        var end = _entries.Count;
        var order = _seen is null ? null : _entries.Order(first);
        for (var i = first; i < end; i++)
        {
            // Copied: deeper folders move the entries when they need more room.
            var entry = *_entries[order?[i - first] ?? i];
            if (entry.Stat.Kind == FileKind.File)
            {
                _seen?.Invoke(PathOf(&entry, length), entry.Stat);
                continue;
            }

            var below = PathOf(&entry, length).Length + 1;
            if (_portable)
            {
                Visit(-1, Path.Join(folder, Encoding.UTF8.GetString(_entries.Name(&entry))), below);
            }
            else
            {
                Enter(descriptor, _entries.NameOf(&entry), entry.IsLink, below);
            }
        }
    }

    private void Read(int descriptor, string folder, int length)
    {
        if (_portable)
        {
            var first = _entries.Count;
            _entries.AddPortably(folder);
            for (var i = first; i < _entries.Count; i++)
            {
                _entries[i]->Stat = Judged(_entries[i], length, _entries[i]->Stat);
            }

            return;
        }

        fixed (byte* block = _block)
        {
            for (nint got; (got = Posix.ReadFolder(descriptor, block, BlockBytes)) != 0;)
            {
                if (got < 0)
                {
                    throw Posix.Failure((int)-got, Named(length));
                }

                for (var at = block; at < block + got; at += *(ushort*)(at + 16))
                {
                    Take(descriptor, at[18], at + EntryHeader, length);
                }
            }
        }
    }

    private void Take(int descriptor, byte type, byte* name, int length)
    {
        if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
        {
            return;
        }

        var stat = new FileStat(type == Folder ? FileKind.Directory : type == Link ? FileKind.Link : FileKind.Other, 0, 0, 0, 0, 0);
        if (type == Regular && namesOnly)
        {
            stat = new(FileKind.File, 0, 0, 0, 0, 0);
        }
        else if (type is Regular or Unknown)
        {
            var error = Posix.TryStat(descriptor, name, followLinks: false, out stat);
            if (error != 0)
            {
                throw Posix.Failure(error, Named(length));
            }

            // Removed since the folder was read: as if it had been removed before.
            if (stat.Kind == FileKind.Absent)
            {
                return;
            }
        }

        var entry = _entries.Add(name);
        entry->Stat = stat;
        if (!entry->IsPlain || _isOdd || stat.Kind != FileKind.File)
        {
            entry->Stat = Judged(entry, length, stat);
            entry->IsLink = stat.Kind == FileKind.Link;
        }
    }

    /// <summary>The stat of what an entry leads to, if it may be there.</summary>
    private FileStat Judged(FolderEntry* entry, int length, FileStat stat)
    {
        if (_seen is not null)
        {
            CheckName(entry, length, stat.Kind);
        }

        if (stat.Kind == FileKind.Link)
        {
            var path = Text(PathOf(entry, length));
            stat = links is null ? FileStat.Of(Path.Join(root, path)) : links.LookAt(path);
        }

        return stat.Kind switch
        {
            FileKind.File or FileKind.Directory => stat,
            FileKind.Absent => throw LeadsToNothing(Text(PathOf(entry, length))),
            _ => throw StatIndex.NotAFile(Text(PathOf(entry, length))),
        };
    }

    private void CheckName(FolderEntry* entry, int length, FileKind kind)
    {
        var path = PathOf(entry, length);
        if (!Utf8.IsValid(_entries.Name(entry)))
        {
            throw LeadsToNothing(Text(path));
        }

        if (kind != FileKind.Directory && (_isOdd || path.Contains((byte)'\n')))
        {
            throw new DiagnosticException(new Diagnostic("MLO1115", "a file's name contains a line break")
            {
                Where = Text(path).Replace("\n", "\\n", StringComparison.Ordinal),
                Mend = "rename it",
            });
        }
    }

    private static DiagnosticException LeadsToNothing(string path) =>
        new(new Diagnostic("MLO1116", "a link leads to nothing, or the file's name is not UTF-8") { Where = path, Mend = "remove it" });

    /// <summary>The path of an entry; behind it there is room for a <c>/</c>, which stands there already.</summary>
    private ReadOnlySpan<byte> PathOf(FolderEntry* entry, int length)
    {
        var end = length + entry->NameLength;
        if (end > LongestPath)
        {
            throw Posix.Failure(Posix.NameTooLong, Named(length));
        }

        MakeRoom(end + 1);
        _entries.Name(entry).CopyTo(_path.AsSpan(length));
        _path[end] = (byte)'/';
        return _path.AsSpan(0, end);
    }

    private void MakeRoom(int bytes)
    {
        if (bytes > _path.Length)
        {
            Array.Resize(ref _path, bytes * 2);
        }
    }

    private string Text(ReadOnlySpan<byte> path) => $"{_directory}/{Encoding.UTF8.GetString(path)}";

    private string Named(int length) => length == 0 ? _directory : Text(_path.AsSpan(0, length - 1));
}
