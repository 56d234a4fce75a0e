using System.Text;
using MlOps.Content;

namespace MlOps.Packaging.Images;

/// <summary>The list of packages that the product carries; <c>build/debian-base.sh</c> makes a newer one.</summary>
public static class DebianList
{
    private static readonly Lazy<DebianBase> Parsed = new(() => DebianBase.Parse(Bytes()));

    /// <summary>Debian 12, as far as the service needs it; parsed when it is first asked for.</summary>
    public static DebianBase Default => Parsed.Value;

    /// <summary>Which list it is, and how it becomes a layer: for those who only ask whether it changed.</summary>
    public static Digest Identity => Digest.Of([.. Encoding.UTF8.GetBytes(DebianBase.Format), .. Bytes()]);

    private static byte[] Bytes()
    {
        using var stream = typeof(DebianList).Assembly.GetManifestResourceStream("debian-12.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
