using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Content.Internal;

/// <summary>Merges what is saved with what was learnt into a new index.</summary>
/// <remarks>Racy rows are left out, so that their files are read again; so is what was saved of a directory that was walked since.</remarks>
internal sealed unsafe class IndexWriter
{
    private const int BufferBytes = 1 << 20;
    private const long LargestIndex = int.MaxValue - 64;

    private readonly List<(FileRows Rows, byte[] Folder, int At)> _merged = [];

    /// <param name="saved">What was saved.</param>
    /// <param name="files">What was learnt of single files, by workspace path.</param>
    /// <param name="trees">What was learnt of directories, by workspace path.</param>
    public IndexWriter(IndexFile saved, IReadOnlyDictionary<string, IndexEntry> files, IReadOnlyDictionary<string, TreeRows> trees)
    {
        var layers = Layers(trees.Select(tree => (tree.Value, Encoding.UTF8.GetBytes(tree.Key + "/"))));
        var walked = layers.Count == 0 ? [] : layers[0].Select(part => part.Folder).ToArray();
        var sources = layers.Select(layer => new MergeSource(layer)).Prepend(new([(Rows(files), [])])).Append(new([(saved, [])], walked)).Where(source => source.Advance()).ToList();
        while (sources.Count > 0)
        {
            var first = sources[0];
            foreach (var source in sources)
            {
                first = source.Path.SequenceCompareTo(first.Path) < 0 ? source : first;
            }

            Take(first);
            sources.RemoveAll(source => source != first && source.Path.SequenceEqual(first.Path) && !source.Advance());
            if (!first.Advance())
            {
                sources.Remove(first);
            }
        }
    }

    /// <summary>Replaces an index atomically; leaves it as it is where the new one would be larger than can be read.</summary>
    public void Save(string path)
    {
        var bytes = IndexFile.HeaderBytes + IndexFile.ChecksumBytes + _merged.Sum(item => (long)sizeof(IndexRow) + item.Folder.Length + item.Rows[item.At].PathLength);
        if (bytes <= LargestIndex)
        {
            AtomicFile.Write(path, Write);
        }
    }

    private void Take(MergeSource source)
    {
        if (source.Row.State == RowState.Known)
        {
            _merged.Add((source.Rows, source.Folder, source.At));
        }
    }

    private void Write(Stream file)
    {
        var checksum = new XxHash3();
        using var buffer = new MemoryStream(BufferBytes + 8192);
        void Flush()
        {
            checksum.Append(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
            buffer.WriteTo(file);
            buffer.SetLength(0);
        }

        void Put(ReadOnlySpan<byte> bytes)
        {
            buffer.Write(bytes);
            if (buffer.Length >= BufferBytes)
            {
                Flush();
            }
        }

        Span<byte> header = stackalloc byte[IndexFile.HeaderBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(header, IndexFile.Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], _merged.Count);
        Put(header);
        var offset = IndexFile.HeaderBytes + ((long)_merged.Count * sizeof(IndexRow));
        foreach (var (rows, folder, at) in _merged)
        {
            var row = rows[at];
            (row.PathOffset, row.PathLength) = (offset, folder.Length + row.PathLength);
            offset += row.PathLength;
            Put(MemoryMarshal.AsBytes(new ReadOnlySpan<IndexRow>(in row)));
        }

        foreach (var (rows, folder, at) in _merged)
        {
            Put(folder);
            Put(rows.PathOf(rows[at]));
        }

        Flush();
        BinaryPrimitives.WriteUInt64LittleEndian(header, checksum.GetCurrentHashAsUInt64());
        file.Write(header[..IndexFile.ChecksumBytes]);
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
