using System.IO.Compression;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>What an entry of a layer is.</summary>
public enum LayerEntryKind
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, to anywhere.</summary>
    Link,

    /// <summary>A second name of a file that stands earlier in the layer.</summary>
    HardLink,
}

/// <summary>An entry of a layer as one reads it.</summary>
/// <param name="Path">Relative, with <c>/</c> between names; empty for the root itself.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">A file's bytes; else 0.</param>
/// <param name="Mode">Who may do what.</param>
/// <param name="Target">What a link points to; else empty.</param>
public sealed record LayerFile(string Path, LayerEntryKind Kind, long Size, UnixFileMode Mode, string Target);

/// <summary>Walks a layer that nobody vouches for: names, modes, links and bytes, in order. Nothing is written anywhere.</summary>
/// <remarks>Refused (MLO8127): absolute names, <c>..</c>, names that stand twice or go through a link, hard links to what is not in the layer before, devices, pipes, sparse files, and whatever is no tar.</remarks>
public sealed class LayerReader : IDisposable
{
    private const long MostNameCharacters = 32 << 20;

    private readonly Stream _blob, _plain;
    private readonly DigestStream _diff = new(Stream.Null);
    private readonly Descriptor _layer;
    private readonly string _where;
    private readonly long _most;
    private readonly TarEntries _tar;
    private readonly Dictionary<string, LayerEntryKind> _seen = new(StringComparer.Ordinal);
    private long _names;

    /// <summary>Begins to read one.</summary>
    /// <param name="layer">Its media type tells how it is compressed.</param>
    /// <param name="blob">Its bytes; closed with this.</param>
    /// <param name="where">What diagnostics name as the place.</param>
    /// <param name="limits">How much it may hold.</param>
    /// <exception cref="DiagnosticException">MLO8121: it is no tar, plain or compressed by gzip.</exception>
    public LayerReader(Descriptor layer, Stream blob, string where, LayoutLimits? limits = null)
    {
        (_layer, _blob, _where, limits) = (layer, blob, where, limits ?? new());
#pragma warning disable CA2000 // What counts it owns it.
        var unpacked = layer.MediaType switch
        {
            MediaTypes.LayerTarGzip or MediaTypes.DockerLayer => new GZipStream(blob, CompressionMode.Decompress, leaveOpen: true),
            MediaTypes.LayerTar => blob,
            _ => throw ArtifactFailure.NotWhatItShouldBe(where, $"layer {layer.Digest}", $"its media type is '{TarEntries.Shown(layer.MediaType)}'"),
        };
#pragma warning restore CA2000
        _most = limits.Unpacked(layer.Size);
        _plain = new Counted(this, unpacked);
        _tar = new(_plain, limits.Entries);
    }

    /// <summary>The entry that was read last.</summary>
    public LayerFile? Current { get; private set; }

    /// <summary>The sha256 of the tar, once the last entry was read: what the image's configuration calls the layer.</summary>
    public Digest DiffId { get; private set; }

    /// <summary>Goes to the next entry; false after the last one, when all bytes were read.</summary>
    /// <exception cref="DiagnosticException">MLO8122 (it unpacks to too much), MLO8127 (it is damaged or hostile).</exception>
    public bool Next() => Guarded(() =>
    {
        Current = _tar.Next() is { } header ? Checked(header) : null;
        if (Current is null)
        {
            ReadRest();
        }

        return Current is not null;
    });

    /// <summary>Some more bytes of the file that was read last; 0 at its end.</summary>
    public int Read(byte[] buffer) => Guarded(() => _tar.Read(buffer));

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _diff.Dispose();
        _blob.Dispose();
    }

    private LayerFile? Checked(TarHeader header)
    {
        var path = TarPath.TryRead(header.Name, header.Type == '5', out var fault);
        fault ??= header.Type is not ('0' or '1' or '2' or '5') ? $"it is {TarPath.KindOf(header.Type)}" : (_names += path!.Length) > MostNameCharacters ? "the names before it take too much room" : ThroughLink(path);
        if (fault is null && header.Type == '1' && (TarPath.TryRead(header.LinkName, false, out _) is not { } target || _seen.GetValueOrDefault(target, LayerEntryKind.Folder) is not (LayerEntryKind.File or LayerEntryKind.HardLink)))
        {
            fault = $"it is a hard link to '{TarEntries.Shown(header.LinkName)}', which is no file before it";
        }

        var kind = header.Type switch { '0' => LayerEntryKind.File, '1' => LayerEntryKind.HardLink, '2' => LayerEntryKind.Link, _ => LayerEntryKind.Folder };
        fault ??= !_seen.TryAdd(path!, kind) ? "its name stands twice" : null;
        return fault is null ? new(path!, kind, header.Size, (UnixFileMode)header.Mode, header.LinkName) : throw new TarException($"entry '{TarEntries.Shown(header.Name)}': {fault}");
    }

    private string? ThroughLink(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (_seen.GetValueOrDefault(path[..end], LayerEntryKind.Folder) != LayerEntryKind.Folder)
            {
                return $"it goes through '{TarEntries.Shown(path[..end])}', which is no folder";
            }
        }

        return null;
    }

    /// <summary>Behind the end mark only zeros may stand; then all compressed bytes are to be read, which checks them.</summary>
    private void ReadRest()
    {
        var block = new byte[1 << 16];
        for (int read; (read = _plain.Read(block)) > 0;)
        {
            if (block.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                throw new TarException("something stands behind its end");
            }
        }

        while (_blob.Read(block) > 0)
        {
        }

        DiffId = _diff.Digest();
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is TarException or InvalidDataException)
        {
            throw ArtifactFailure.BadLayer(_where, _layer.Digest, failure.Message);
        }
    }

    /// <summary>The tar as it comes out: counted, and hashed.</summary>
    private sealed class Counted(LayerReader owner, Stream plain) : Stream
    {
        private long _count;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _count;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = plain.Read(buffer);
            owner._diff.Write(buffer[..read]);
            return (_count += read) <= owner._most ? read
                : throw ArtifactFailure.TooLarge(owner._where, $"layer {owner._layer.Digest}", FormattableString.Invariant($"its {owner._layer.Size} bytes unpack to more than {owner._most}"));
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            plain.Dispose();
            base.Dispose(disposing);
        }
    }
}
