using System.Buffers.Binary;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>Merges what is saved with what was learnt into a new index.</summary>
/// <remarks>Racy rows are left out, so that their files are read again; so is what was saved of a directory that was walked since.</remarks>
internal sealed unsafe class IndexWriter
{
    private const long LargestIndex = int.MaxValue - 64;

    private readonly byte[] _block = new byte[IndexFile.BlockBytes];
    private Item[] _merged;
    private int _count, _filled;
    private StatHash _checksum = new();

    private struct Item
    {
        public FileRows Rows;
        public byte[] Folder;
        public int At;
    }

    /// <param name="saved">What was saved.</param>
    /// <param name="files">What was learnt of single files, by workspace path.</param>
    /// <param name="trees">What was learnt of directories, by workspace path.</param>
    public IndexWriter(IndexFile saved, IReadOnlyDictionary<string, IndexEntry> files, IReadOnlyDictionary<string, TreeRows> trees)
    {
        var layers = Layers(trees.Select(tree => (tree.Value, Encoding.UTF8.GetBytes(tree.Key + "/"))));
        var walked = layers.Count == 0 ? [] : layers[0].Select(part => part.Folder).ToArray();
        _merged = new Item[trees.Values.Aggregate(files.Count, (most, rows) => Math.Max(most, rows.Count)) + 16];
        Merge([.. layers.Select(layer => new MergeSource(layer)).Prepend(new([(Rows(files), [])])).Append(new([(saved, [])], walked)).Where(source => source.Advance())]);
    }

    /// <summary>Replaces an index atomically; leaves it as it is where the new one would be larger than can be read.</summary>
    public void Save(string path)
    {
        long bytes = IndexFile.HeaderBytes + IndexFile.ChecksumBytes;
        for (var i = 0; i < _count; i++)
        {
            bytes += sizeof(IndexRow) + _merged[i].Folder.Length + _merged[i].Rows[_merged[i].At].PathLength;
        }

        if (bytes <= LargestIndex)
        {
            AtomicFile.Write(path, Write);
        }
    }

    private void Merge(MergeSource[] sources)
    {
        for (var left = sources.Length; left > 0;)
        {
            var first = sources[0];
            for (var i = 1; i < left; i++)
            {
                first = sources[i].Path.SequenceCompareTo(first.Path) < 0 ? sources[i] : first;
            }

            Take(first);
            // The first one's path is needed until all that have it, too, are past it.
            for (var i = left - 1; i >= 0; i--)
            {
                if (sources[i] != first && sources[i].Path.SequenceEqual(first.Path) && !sources[i].Advance())
                {
                    Remove(sources, i, left--);
                }
            }

            if (!first.Advance())
            {
                Remove(sources, Array.IndexOf(sources, first), left--);
            }
        }
    }

    private static void Remove(MergeSource[] sources, int at, int count) => Array.Copy(sources, at + 1, sources, at, count - at - 1);

    private void Take(MergeSource source)
    {
        if (source.Row.State != RowState.Known)
        {
            return;
        }

        if (_count == _merged.Length)
        {
            Array.Resize(ref _merged, _count * 2);
        }

        _merged[_count++] = new() { Rows = source.Rows, Folder = source.Folder, At = source.At };
    }

    private void Write(Stream file)
    {
        Span<byte> header = stackalloc byte[IndexFile.HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, IndexFile.Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], _count);
        Put(file, header);
        var offset = IndexFile.HeaderBytes + ((long)_count * sizeof(IndexRow));
        for (var i = 0; i < _count; i++)
        {
            var row = _merged[i].Rows[_merged[i].At];
            (row.PathOffset, row.PathLength) = (offset, _merged[i].Folder.Length + row.PathLength);
            offset += row.PathLength;
            Put(file, new(&row, sizeof(IndexRow)));
        }

        for (var i = 0; i < _count; i++)
        {
            var rows = _merged[i].Rows;
            Put(file, _merged[i].Folder);
            Put(file, rows.PathOf(rows[_merged[i].At]));
        }

        Flush(file);
        BinaryPrimitives.WriteUInt64LittleEndian(header, _checksum.Value);
        file.Write(header[..IndexFile.ChecksumBytes]);
    }

    private void Put(Stream file, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _block.Length - _filled)
        {
            var fits = _block.Length - _filled;
            bytes[..fits].CopyTo(_block.AsSpan(_filled));
            bytes = bytes[fits..];
            _filled = _block.Length;
            Flush(file);
        }

        bytes.CopyTo(_block.AsSpan(_filled));
        _filled += bytes.Length;
    }

    private void Flush(Stream file)
    {
        fixed (byte* block = _block)
        {
            _checksum.Add(block, _filled);
        }

        file.Write(_block, 0, _filled);
        _filled = 0;
    }

    private static TreeRows Rows(IReadOnlyDictionary<string, IndexEntry> files)
    {
        var rows = new TreeRows();
        foreach (var (path, entry) in files.Select(pair => (Path: Encoding.UTF8.GetBytes(pair.Key), pair.Value)).OrderBy(pair => pair.Path, ByteOrder.Instance))
        {
            rows.Add(path).Take(entry);
        }

        return rows;
    }

    /// <summary>Directories in order, so that their files are in order, too; one that lies below another goes to the next layer.</summary>
    private static List<List<(FileRows Rows, byte[] Folder)>> Layers(IEnumerable<(TreeRows Rows, byte[] Folder)> trees)
    {
        var layers = new List<List<(FileRows, byte[] Folder)>>();
        foreach (var (rows, folder) in trees.OrderBy(tree => tree.Folder, ByteOrder.Instance))
        {
            var layer = layers.FindIndex(known => !folder.AsSpan().StartsWith(known[^1].Folder));
            if (layer < 0)
            {
                layer = layers.Count;
                layers.Add([]);
            }

            layers[layer].Add((rows, folder));
        }

        return layers;
    }
}
