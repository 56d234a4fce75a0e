using System.Buffers;
using System.Text;

namespace MlOps.Content;

/// <summary>Which files of a store nobody needs any more.</summary>
/// <remarks>What is kept leads to what it names: a record to its outputs and whatever else in it looks like a digest, a directory's listing to its files.
/// It keeps too much rather than too little.</remarks>
public sealed class StoreSweep
{
    private const int HexDigits = 64;

    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdef"u8);

    private readonly Dictionary<Digest, StoredFile> _objects = [];
    private readonly Dictionary<Digest, StoredFile> _records = [];
    private readonly HashSet<Digest> _kept = [];
    private readonly Queue<Digest> _reached = new();

    /// <summary>Finds out what is not needed; removes nothing.</summary>
    /// <param name="store">The store.</param>
    /// <param name="roots">Digests that are needed, with all that they lead to: objects' digests and records' fingerprints.</param>
    /// <param name="recent">Records written since then are needed, and objects that may still wait for the record that will name them.</param>
    /// <param name="leftover">Damaged, partial and temporary files written before are not needed.</param>
    /// <param name="attached">What is needed if, and only if, that which it is about is.</param>
    public StoreSweep(ContentStore store, IEnumerable<Digest> roots, DateTime recent, DateTime leftover, IEnumerable<(Digest Subject, Digest Attached)>? attached = null)
    {
        Files = [.. store.Inventory()];
        foreach (var file in Files)
        {
            if (file.Kind is StoredKind.Object or StoredKind.Record)
            {
                (file.Kind == StoredKind.Object ? _objects : _records)[file.Name] = file;
                if (file.Written >= recent && (file.Kind == StoredKind.Record || file.Written >= leftover))
                {
                    Reach(file.Name);
                }
            }
        }

        foreach (var root in roots)
        {
            Reach(root);
        }

        FollowAll();
        foreach (var (_, content) in (attached ?? []).Where(one => _kept.Contains(one.Subject)).ToList())
        {
            Reach(content);
        }

        FollowAll();
        Unneeded = [.. Files.Where(file => file.Kind switch
        {
            StoredKind.Object or StoredKind.Record => !_kept.Contains(file.Name),
            StoredKind.Stray => false,
            _ => file.Written < leftover,
        }).OrderBy(file => file.Kind == StoredKind.Record ? 0 : 1)];
    }

    /// <summary>All that lies in the store.</summary>
    public IReadOnlyList<StoredFile> Files { get; }

    /// <summary>What nobody needs; records before the objects that they name, so that one that is killed half way leaves no record without its objects.</summary>
    public IReadOnlyList<StoredFile> Unneeded { get; }

    /// <summary>Everything in some text that looks like a sha256: runs of exactly 64 hex digits.</summary>
    public static IEnumerable<Digest> DigestsIn(ReadOnlyMemory<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            var run = text.Span[at..].IndexOfAnyExcept(s_hex);
            run = run < 0 ? text.Length - at : run;
            if (run == HexDigits && Digest.TryParse(Encoding.ASCII.GetString(text.Span.Slice(at, run)), out var digest))
            {
                yield return digest;
            }

            at += run + 1;
        }
    }

    /// <summary>Whether something is needed, be it there or not.</summary>
    public bool Keeps(Digest digest) => _kept.Contains(digest);

    private void FollowAll()
    {
        while (_reached.TryDequeue(out var digest))
        {
            Follow(digest);
        }
    }

    private void Reach(Digest digest)
    {
        if (_kept.Add(digest))
        {
            _reached.Enqueue(digest);
        }
    }

    private void Follow(Digest digest)
    {
        if (_records.TryGetValue(digest, out var record))
        {
            foreach (var named in DigestsIn(File.ReadAllBytes(record.Path)))
            {
                Reach(named);
            }
        }

        if (_objects.TryGetValue(digest, out var file) && LooksLikeListing(file))
        {
            foreach (var entry in TreeListing.TryParse(File.ReadAllBytes(file.Path))?.Entries ?? [])
            {
                Reach(entry.Content);
            }
        }
    }

    /// <summary>Models and tables are large; only what begins as a listing does is read.</summary>
    private static bool LooksLikeListing(StoredFile file)
    {
        Span<byte> start = stackalloc byte[HexDigits + 2];
        using var bytes = File.OpenHandle(file.Path);
        return RandomAccess.Read(bytes, start, 0) == start.Length && start[HexDigits..].SequenceEqual("  "u8)
            && start[..HexDigits].IndexOfAnyExcept(s_hex) < 0;
    }
}
