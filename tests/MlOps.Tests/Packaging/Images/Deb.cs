using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using MlOps.Content;
using MlOps.Packaging.Images;

namespace MlOps.Tests.Packaging.Images;

/// <summary>A Debian package made by hand.</summary>
internal static class Deb
{
    public static TarEntry File(string path, string text) => new GnuTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };

    public static TarEntry Link(string path, string target, TarEntryType type = TarEntryType.SymbolicLink) => new GnuTarEntry(type, path) { LinkName = target };

    public static byte[] Of(params TarEntry[] entries) =>
        Ar(("debian-binary", "2.0\n"u8.ToArray()), ("control.tar.gz", TarGz(File("./control", "Package: one\nVersion: 1\n"))), ("data.tar.gz", TarGz(entries)));

    public static byte[] Ar(params (string Name, byte[] Bytes)[] members)
    {
        using var ar = new MemoryStream();
        ar.Write("!<arch>\n"u8);
        foreach (var (name, bytes) in members)
        {
            ar.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{bytes.Length,-10}`\n")));
            ar.Write(bytes);
            ar.Write(new byte[bytes.Length & 1]);
        }

        return ar.ToArray();
    }

    public static DebianPackage Package(byte[] deb) => new() { Name = "one", Version = "1", Path = "debian/pool/one_1.deb", Size = deb.Length, Digest = Digest.Of(deb) };

    public static DebianBase Base(byte[] deb) => new() { Name = "test", Packages = [Package(deb)] };

    public static byte[] TarGz(params TarEntry[] entries)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Gnu))
        {
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }
}
