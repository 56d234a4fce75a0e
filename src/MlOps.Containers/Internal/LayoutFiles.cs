using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>A file of an image layout: a part of an open file.</summary>
/// <param name="Owns">Whether who gets it closes it.</param>
internal readonly record struct LayoutFile(SafeFileHandle Handle, long Offset, long Length, bool Owns);

/// <summary>The files of an image layout, in a folder or in a tar.</summary>
internal abstract class LayoutFiles : IDisposable
{
    /// <summary>A file by its path in the layout, or null.</summary>
    public abstract LayoutFile? Find(string path);

    /// <summary>The paths of all files; of a folder, those of its root and its blobs.</summary>
    public abstract IEnumerable<string> Names();

    /// <summary>Opens a folder, or a tar as it is or compressed by gzip.</summary>
    public static LayoutFiles Open(string path, LayoutLimits limits) => FileStat.Of(path).Kind switch
    {
        FileKind.Directory => new InFolder(path),
        FileKind.File => new InTar(path, limits),
        FileKind.Absent => throw ArtifactFailure.Missing(path, "the archive", "there is no such file or folder"),
        _ => throw ArtifactFailure.BadLayout(path, "it is neither a file nor a folder"),
    };

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class InFolder(string root) : LayoutFiles
    {
        public override IEnumerable<string> Names() => new[] { root, Path.Join(root, "blobs/sha256") }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder)).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

        public override LayoutFile? Find(string path)
        {
            var file = Path.Join(root, path);
            switch (FileStat.OfLink(file).Kind)
            {
                case FileKind.Absent:
                    return null;
                case FileKind.File:
#pragma warning disable CA2000 // Who gets it closes it.
                    var handle = File.OpenHandle(file, options: FileOptions.SequentialScan);
#pragma warning restore CA2000
                    return new(handle, 0, RandomAccess.GetLength(handle), Owns: true);
                default:
                    throw ArtifactFailure.BadLayout(root, $"'{path}' is no file");
            }
        }
    }

    private sealed class InTar : LayoutFiles
    {
        private readonly Dictionary<string, (long Offset, long Length)?> _entries = new(StringComparer.Ordinal);
        private readonly FileStream _tar;

        public InTar(string path, LayoutLimits limits)
        {
            _tar = File.OpenRead(path);
            try
            {
                if (IsGzip(_tar))
                {
                    _tar = Unpacked(_tar, path, limits);
                }

                Read(path, limits);
            }
            catch
            {
                _tar.Dispose();
                throw;
            }
        }

        public override IEnumerable<string> Names() => _entries.Where(entry => entry.Value is not null).Select(entry => entry.Key);

        public override LayoutFile? Find(string path) => _entries.GetValueOrDefault(path) is var (offset, length) ? new(_tar.SafeFileHandle, offset, length, Owns: false) : null;

        protected override void Dispose(bool disposing)
        {
            _tar.Dispose();
            base.Dispose(disposing);
        }

        private static bool IsGzip(FileStream file)
        {
            Span<byte> magic = stackalloc byte[2];
            var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
            file.Position = 0;
            return read == 2 && magic is [0x1F, 0x8B];
        }

        /// <summary>The tar itself, in a file that goes away when it is closed.</summary>
        private static FileStream Unpacked(FileStream packed, string path, LayoutLimits limits)
        {
            var most = limits.Unpacked(packed.Length);
#pragma warning disable CA2000 // Returned, or disposed of where that fails.
            var plain = new FileStream(Path.GetTempFileName(), new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
#pragma warning restore CA2000
            try
            {
                using var gzip = new GZipStream(packed, CompressionMode.Decompress);
                var block = new byte[1 << 16];
                for (int read; (read = gzip.Read(block)) > 0;)
                {
                    if (plain.Position + read > most)
                    {
                        throw ArtifactFailure.TooLarge(path, "the archive", FormattableString.Invariant($"its {packed.Length} bytes unpack to more than {most}"));
                    }

                    plain.Write(block, 0, read);
                }

                plain.Position = 0;
                return plain;
            }
            catch (InvalidDataException failure)
            {
                plain.Dispose();
                throw ArtifactFailure.BadArchive(path, $"gzip: {failure.Message}");
            }
            catch
            {
                plain.Dispose();
                throw;
            }
        }

        private void Read(string path, LayoutLimits limits)
        {
            var tar = new TarEntries(_tar, limits.Entries);
            TarException? link = null;
            try
            {
                while (tar.Next() is { } entry)
                {
                    var clean = TarPath.TryRead(entry.Name, entry.Type == '5', out var fault);
                    fault ??= entry.Type is not ('0' or '5') ? $"it is {TarPath.KindOf(entry.Type)}, and an image layout has files and folders only"
                        : entry.Size > limits.Bytes ? "it has more bytes than an archive may have"
                        : clean!.Length > 0 && !_entries.TryAdd(clean, entry.Type == '0' ? (tar.Position, entry.Size) : null) ? "its name stands twice"
                        : null;
                    if (fault is not null)
                    {
                        var refused = new TarException($"entry '{TarEntries.Shown(entry.Name)}': {fault}");
                        // Archives in docker's own form have links; what they are is told below.
                        link = entry.Type == '2' ? link ?? refused : throw refused;
                    }
                }

                if (link is not null && (_entries.ContainsKey(ImageLayout.VersionFile) || !_entries.ContainsKey(ImageLayout.DockerFile)))
                {
                    throw link;
                }

                var block = new byte[1 << 16];
                for (int more; (more = _tar.Read(block)) > 0;)
                {
                    if (block.AsSpan(0, more).ContainsAnyExcept((byte)0))
                    {
                        throw new TarException("something stands behind its end");
                    }
                }
            }
            catch (TarException failure)
            {
                throw ArtifactFailure.BadArchive(path, failure.Message);
            }
        }
    }
}
