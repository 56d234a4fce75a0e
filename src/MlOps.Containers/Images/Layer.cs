using System.Formats.Tar;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Files of an image: a tar, compressed by gzip. The same entries give the same bytes, wherever and whenever.</summary>
/// <remarks>https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md. Entries stand in ordinal order, of 1 January 1970, owned by root; files have mode 644 or 755, folders 755.</remarks>
/// <param name="Descriptor">The compressed bytes.</param>
/// <param name="DiffId">The sha256 of the tar, by which an image's configuration names the layer.</param>
public sealed record Layer(Descriptor Descriptor, Digest DiffId)
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Run = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Shared = Run | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;

    /// <summary>Writes a layer.</summary>
    /// <param name="entries">Each path once.</param>
    /// <param name="destination">Where the compressed bytes go.</param>
    /// <exception cref="ArgumentException">A path stands twice, is not relative, or goes through a file.</exception>
    public static Layer Write(IEnumerable<LayerEntry> entries, Stream destination)
    {
        using var compressed = new DigestStream(destination);
        Digest diffId;
        using (var gzip = new StableGzip(compressed))
        using (var plain = new DigestStream(gzip))
        {
            WriteTar(entries, plain);
            diffId = plain.Digest();
        }

        return new(new() { MediaType = MediaTypes.LayerTarGzip, Digest = compressed.Digest(), Size = compressed.Length }, diffId);
    }

    private static void WriteTar(IEnumerable<LayerEntry> entries, Stream tar)
    {
        var all = new SortedDictionary<string, LayerEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Path.Split('/').Any(name => name is "" or "." or "..") || !all.TryAdd(entry.Path, entry))
            {
                throw new ArgumentException($"'{entry.Path}' stands twice, or is no relative path", nameof(entries));
            }
        }

        foreach (var path in all.Keys.ToList())
        {
            for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (!all.TryAdd(path[..end], new LayerEntry.Folder(path[..end])) && all[path[..end]] is not LayerEntry.Folder)
                {
                    throw new ArgumentException($"'{path}' goes through '{path[..end]}', which is no folder", nameof(entries));
                }
            }
        }

        using var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (var entry in all.Values)
        {
            Write(entry, writer);
        }
    }

    private static void Write(LayerEntry entry, TarWriter writer)
    {
        switch (entry)
        {
            case LayerEntry.File file:
                using (var bytes = file.Open())
                {
                    writer.WriteEntry(Entry(TarEntryType.RegularFile, file.Path, file.IsExecutable ? Run : Plain, made => made.DataStream = bytes));
                }

                break;
            case LayerEntry.Link link:
                writer.WriteEntry(Entry(TarEntryType.SymbolicLink, link.Path, Run | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite, made => made.LinkName = link.Target));
                break;
            case LayerEntry.Folder folder:
                writer.WriteEntry(Entry(TarEntryType.Directory, folder.Path + "/", folder.IsShared ? Shared : Run, _ => { }));
                break;
        }
    }

    // GNU's format: the other one writes the process's id where a name is long.
    private static GnuTarEntry Entry(TarEntryType type, string path, UnixFileMode mode, Action<GnuTarEntry> fill)
    {
        var entry = new GnuTarEntry(type, path) { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch, Uid = 0, Gid = 0, UserName = "", GroupName = "" };
        fill(entry);
        return entry;
    }
}
