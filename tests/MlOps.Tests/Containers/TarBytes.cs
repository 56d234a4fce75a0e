using System.Buffers;
using System.Globalization;
using System.Text;

namespace MlOps.Tests.Containers;

/// <summary>A tar byte by byte, also such as no program would write.</summary>
internal sealed class TarBytes
{
    private readonly ArrayBufferWriter<byte> _tar = new();

    public TarBytes File(string name, byte[] content) => Entry(name, '0', content);

    public TarBytes File(string name, string content) => Entry(name, '0', Encoding.UTF8.GetBytes(content));

    /// <summary>An entry of any type.</summary>
    /// <param name="size">What the header says of its length; default the truth.</param>
    /// <param name="sizeField">The twelve bytes themselves, where no number would do.</param>
    public TarBytes Entry(string name, char type, byte[]? content = null, string link = "", long? size = null, byte[]? sizeField = null)
    {
        content ??= [];
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        (sizeField ?? Encoding.ASCII.GetBytes(Convert.ToString(size ?? content.Length, 8).PadLeft(11, '0'))).CopyTo(header, 124);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = header.Sum(each => each);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header, 148);
        header[154] = 0;
        _tar.Write(header);
        _tar.Write(content);
        _tar.Write(new byte[(512 - (content.Length % 512)) % 512]);
        return this;
    }

    /// <summary>An extended header in front of the next entry.</summary>
    public TarBytes Pax(string key, string value, char type = 'x')
    {
        var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = rest + 1;
        while (rest + length.ToString(CultureInfo.InvariantCulture).Length != length)
        {
            length++;
        }

        return Entry("pax", type, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}={value}\n")));
    }

    public byte[] End() => [.. _tar.WrittenSpan, .. new byte[1024]];
}
