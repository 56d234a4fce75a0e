using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using MlOps.Content;

namespace MlOps.Packaging.Images.Internal;

/// <summary>A Debian package's two tars, unpacked in memory.</summary>
/// <param name="Control">The facts about the package, as its <c>control</c> file has them.</param>
/// <param name="Data">The tar of its files.</param>
/// <remarks>https://manpages.debian.org/bookworm/dpkg-dev/deb.5.en.html: an <c>ar</c> archive of <c>debian-binary</c>, <c>control.tar.*</c>, <c>data.tar.*</c>.</remarks>
internal sealed record DebArchive(string Control, byte[] Data)
{
    /// <summary>The most bytes of a package, packed or unpacked.</summary>
    public const long MaximumBytes = 256 << 20;

    private const int HeaderBytes = 60;

    public static async Task<DebArchive> ReadAsync(DebianPackage package, byte[] deb, CancellationToken cancellationToken)
    {
        var members = Members(package, deb);
        var control = await UnpackAsync(package, members, "control.tar", cancellationToken);
        return new(ControlOf(package, control), await UnpackAsync(package, members, "data.tar", cancellationToken));
    }

    /// <summary>A package that must not be used.</summary>
    public static DiagnosticException Refused(DebianPackage package, string why) => new(new Diagnostic("MLO7233", $"package '{package.Name}' is damaged or does not belong into a base")
    {
        Where = package.Path,
        Why = why,
        Mend = "get it anew; if it is what the mirror has, write the list anew: build/debian-base.sh",
    });

    private static Dictionary<string, ReadOnlyMemory<byte>> Members(DebianPackage package, byte[] deb)
    {
        if (!deb.AsSpan().StartsWith("!<arch>\n"u8))
        {
            throw Refused(package, "it is no ar archive");
        }

        var members = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        for (var at = 8; at < deb.Length;)
        {
            if (deb.Length - at < HeaderBytes || !int.TryParse(Encoding.ASCII.GetString(deb, at + 48, 10).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                || size > deb.Length - at - HeaderBytes)
            {
                throw Refused(package, "its ar archive is cut off");
            }

            members.TryAdd(Encoding.ASCII.GetString(deb, at, 16).TrimEnd(' ').TrimEnd('/'), deb.AsMemory(at + HeaderBytes, size));
            at += HeaderBytes + size + (size & 1);
        }

        return members;
    }

    private static string ControlOf(DebianPackage package, byte[] tar)
    {
        using var reader = new TarReader(new MemoryStream(tar));
        try
        {
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.Name is "./control" or "control" && entry.DataStream is { } stream)
                {
                    using var text = new StreamReader(stream, Encoding.UTF8);
                    return text.ReadToEnd();
                }
            }
        }
        catch (Exception broken) when (broken is IOException or FormatException)
        {
            throw Refused(package, broken.Message);
        }

        throw Refused(package, "it has no control file");
    }

    private static async Task<byte[]> UnpackAsync(DebianPackage package, Dictionary<string, ReadOnlyMemory<byte>> members, string name, CancellationToken cancellationToken)
    {
        var (found, packed) = members.FirstOrDefault(member => member.Key.StartsWith(name, StringComparison.Ordinal));
        return found?[name.Length..] switch
        {
            "" => packed.ToArray(),
            ".gz" => await BoundedAsync(package, new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress), cancellationToken),
            ".xz" => await ByProgramAsync(package, "xz", packed, cancellationToken),
            ".zst" => await ByProgramAsync(package, "zstd", packed, cancellationToken),
            null => throw Refused(package, $"it has no {name}"),
            var other => throw Refused(package, $"its {name} is packed as '{other}'"),
        };
    }

    // From a file: a program that is fed and read at once could wait for us while we wait for it.
    private static async Task<byte[]> ByProgramAsync(DebianPackage package, string program, ReadOnlyMemory<byte> packed, CancellationToken cancellationToken)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, packed, cancellationToken);
            using var process = Start(program, file);
            try
            {
                var bytes = await BoundedAsync(package, process.StandardOutput.BaseStream, cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                return process.ExitCode == 0 ? bytes : throw Refused(package, $"{program} cannot unpack it");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Process Start(string program, string file)
    {
        try
        {
            var start = new ProcessStartInfo(program, ["-d", "-c", "-q"]) { RedirectStandardOutput = true };
            // Its name must not tell the program how it is packed.
            start.ArgumentList.Add(program == "xz" ? "--suffix=" + Path.GetExtension(file) : "-f");
            start.ArgumentList.Add(file);
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new DiagnosticException(new Diagnostic("MLO7234", $"the base's packages cannot be unpacked: {program} does not start")
            {
                Why = missing.Message,
                Mend = $"install it (apt-get install {(program == "xz" ? "xz-utils" : program)}, brew install {program}), or build on a base from a registry",
            });
        }
    }

    private static async Task<byte[]> BoundedAsync(DebianPackage package, Stream unpacked, CancellationToken cancellationToken)
    {
        await using (unpacked)
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[1 << 16];
            try
            {
                for (int read; (read = await unpacked.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    await bytes.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    if (bytes.Length > MaximumBytes)
                    {
                        throw Refused(package, $"unpacked it is larger than {MaximumBytes >> 20} MiB");
                    }
                }
            }
            catch (InvalidDataException broken)
            {
                throw Refused(package, broken.Message);
            }

            return bytes.ToArray();
        }
    }
}
