using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.GZip;
using MlOps.Content;

namespace MlOps.Remotes;

/// <summary>Unpacks what a source gave: a gzip file, one member of a zip file, or all of it into a folder.</summary>
/// <remarks>Archives are not believed: names that leave the folder, links, encrypted members and bombs are refused before anything of them counts.
/// The caller gives a place of its own and moves it to where it belongs.</remarks>
/// <param name="archive">The file.</param>
/// <param name="name">How diagnostics call it.</param>
/// <param name="most">The most bytes that may come out; null means 200 times the archive's length, or 1 GiB if that is more.</param>
public sealed class SourceArchive(string archive, string name, long? most = null)
{
    private const int BlockBytes = 256 * 1024, UnixTypeMask = 0xF000, UnixFile = 0x8000, UnixFolder = 0x4000;
    private const long AlwaysAllowed = 1L << 30, Ratio = 200;

    private long _left = most ?? Math.Max(AlwaysAllowed, new FileInfo(archive).Length * Ratio);

    /// <summary>Unpacks a gzip file to a file.</summary>
    /// <exception cref="DiagnosticException">MLO8262 (damaged, or no gzip file), MLO8265 (too big), or the disk is full.</exception>
    public void Gunzip(string file, CancellationToken cancellationToken) => Guarded(() =>
    {
        using var packed = File.OpenRead(archive);
        if (packed.ReadByte() != 0x1F || packed.ReadByte() != 0x8B)
        {
            throw Damaged("it does not begin as gzip files do", "gzip");
        }

        packed.Position = 0;
        // The framework's stream takes a file that is cut short for a whole one.
        using var plain = new GZipInputStream(packed, BlockBytes);
        Copy(plain, file, null, cancellationToken);
    }, "gzip");

    /// <summary>Unpacks one member of a zip file to a file.</summary>
    /// <exception cref="DiagnosticException">MLO8262 to MLO8267: why it cannot be had; or the disk is full.</exception>
    public void Unzip(string member, string file, CancellationToken cancellationToken) => Guarded(() =>
    {
        using var zip = ZipFile.OpenRead(archive);
        var entry = zip.GetEntry(member);
        if (entry is null || member.EndsWith('/'))
        {
            var nearest = Diagnostic.Nearest(member, zip.Entries.Select(candidate => candidate.FullName));
            throw new DiagnosticException(new Diagnostic("MLO8263", $"the archive has no member '{member}'")
            {
                Where = name,
                Why = $"it has {string.Join(", ", zip.Entries.Take(20).Select(candidate => candidate.FullName))}{(zip.Entries.Count > 20 ? ", …" : "")}",
                Mend = nearest is null ? "name one of them" : $"did you mean '{nearest}'?",
            });
        }

        Extract(entry, file, cancellationToken);
    }, "zip");

    /// <summary>Unpacks all of a zip file into a folder, which is made.</summary>
    /// <inheritdoc cref="Unzip" path="/exception"/>
    public void UnzipAll(string folder, CancellationToken cancellationToken) => Guarded(() =>
    {
        using var zip = ZipFile.OpenRead(archive);
        Directory.CreateDirectory(folder);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in zip.Entries)
        {
            if (!WorkspacePath.TryParse(entry.FullName, out var path) || !seen.Add(path.Value) || entry.FullName.AsSpan().ContainsAny('\n', '\r'))
            {
                throw new DiagnosticException(new Diagnostic("MLO8264", "a member's name is none that a folder may hold")
                {
                    Where = name,
                    Why = $"'{entry.FullName.ReplaceLineEndings("\\n")}' is absolute, leaves the folder, or stands twice",
                    Mend = "do not use this archive: it is broken or hostile",
                });
            }

            if (entry.FullName.EndsWith('/'))
            {
                Directory.CreateDirectory(path.In(folder));
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path.In(folder))!);
                Extract(entry, path.In(folder), cancellationToken);
            }
        }
    }, "zip");

    private void Extract(ZipArchiveEntry entry, string file, CancellationToken cancellationToken)
    {
        var type = (entry.ExternalAttributes >> 16) & UnixTypeMask;
        if (entry.IsEncrypted || type is not (0 or UnixFile or UnixFolder))
        {
            throw entry.IsEncrypted
                ? new DiagnosticException(new Diagnostic("MLO8266", "the archive is encrypted") { Where = name, Why = $"member '{entry.FullName}' needs a password", Mend = "unpack it yourself, and declare the dataset without 'source'" })
                : new DiagnosticException(new Diagnostic("MLO8267", "the archive holds something that is no file") { Where = name, Why = $"member '{entry.FullName}' is a link or a device", Mend = "unpack it yourself, and declare the dataset without 'source'" });
        }

        using var plain = entry.Open();
        Copy(plain, file, entry, cancellationToken);
    }

    private void Copy(Stream from, string file, ZipArchiveEntry? entry, CancellationToken cancellationToken)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            using var to = Written(() => new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0));
            var checksum = new Crc32();
            long bytes = 0;
            for (int read; (read = from.Read(block)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (bytes, _left) = (bytes + read, _left - read);
                if (_left < 0)
                {
                    throw new DiagnosticException(new Diagnostic("MLO8265", "the archive unpacks to more than it may")
                    {
                        Where = name,
                        Why = string.Create(CultureInfo.InvariantCulture, $"at most {most ?? Math.Max(AlwaysAllowed, new FileInfo(archive).Length * Ratio)} bytes are allowed"),
                        Mend = "if you trust it, set 'unpackedBytes' of the source to what it may have",
                    });
                }

                checksum.Update(new ArraySegment<byte>(block, 0, read));

                Written(() =>
                {
                    to.Write(block.AsSpan(0, read));
                    return true;
                });
            }

            // The framework ends a member where its declared length ends, and looks at no checksum.
            if (entry is not null && (bytes != entry.Length || checksum.Value != entry.Crc32))
            {
                throw Damaged($"member '{entry.FullName}' is not what its length and checksum say", "zip");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Trouble with the target is the disk's, not the archive's.</summary>
    private static T Written<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e));
        }
    }

    private void Guarded(Action unpack, string kind)
    {
        try
        {
            unpack();
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or EndOfStreamException or SharpZipBaseException)
        {
            throw Damaged(e.Message, kind);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e) with { Where = name });
        }
    }

    private DiagnosticException Damaged(string why, string kind) => new(new Diagnostic("MLO8262", $"the source gave no whole {kind} file")
    {
        Where = name,
        Why = why,
        Mend = "look at what the address gives; pin its 'sha256' so that damage is told at once",
    });
}
