using System.Buffers.Binary;
using System.Text;
using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>What a tar's header says of an entry.</summary>
/// <param name="Name">As it stands there.</param>
/// <param name="Type">The type flag: <c>0</c> a file, <c>1</c> a hard link, <c>2</c> a symbolic link, <c>5</c> a folder.</param>
/// <param name="Size">The bytes that follow.</param>
/// <param name="Mode">The permission bits.</param>
/// <param name="LinkName">What a link points to; else empty.</param>
internal readonly record struct TarHeader(string Name, char Type, long Size, int Mode, string LinkName);

/// <summary>Walks a tar that nobody vouches for, from one end to the other: ustar, GNU's long names, PAX paths and sizes; sparse files and whatever else there is are refused.</summary>
/// <remarks>https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html. The framework's reader takes as much memory for an extended header as the tar tells it to.</remarks>
/// <param name="tar">Its bytes; read to the end mark, and no further.</param>
/// <param name="mostEntries">More are refused, extended headers included.</param>
internal sealed class TarEntries(Stream tar, int mostEntries)
{
    private const int Block = 512, MostExtendedBytes = 1 << 20, MostNameBytes = 4096;
    private const long MostSize = 1L << 60;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _block = new byte[Block];
    private readonly byte[] _sink = new byte[64 * 1024];
    private long _content, _padding;
    private int _entries;

    /// <summary>Where in the tar one is.</summary>
    public long Position { get; private set; }

    /// <summary>The next entry, or null after the last one; what is left of the one before is passed over.</summary>
    /// <exception cref="TarException">The tar is not what a reader may take.</exception>
    public TarHeader? Next()
    {
        (string? Name, string? Link, long? Size) ahead = default;
        while (true)
        {
            Skip(_content);
            CheckPadding();
            Fill(_block);
            (_content, _padding) = (0, 0);
            if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                return ahead is (null, null, null) ? null : throw new TarException("it ends after an extended header");
            }

            if (++_entries > mostEntries)
            {
                throw new TarException($"it has more than {mostEntries} entries");
            }

            CheckSum();
            var type = _block[156] == 0 ? '0' : (char)_block[156];
            var length = Number(_block.AsSpan(124, 12), "size");
            switch (type)
            {
                case 'x':
                    var pax = Pax(Extended(length));
                    ahead = (pax.Name ?? ahead.Name, pax.Link ?? ahead.Link, pax.Size ?? ahead.Size);
                    continue;
                case 'L':
                    ahead.Name = Text(Extended(length));
                    continue;
                case 'K':
                    ahead.Link = Text(Extended(length));
                    continue;
                case 'g':
                    // Only comments may stand for all entries: git writes one.
                    if (Pax(Extended(length)) is { Name: not null } or { Link: not null } or { Size: not null })
                    {
                        throw new TarException("a header for all entries changes their names or sizes");
                    }

                    continue;
            }

            var name = ahead.Name ?? Name();
            _content = type is '0' or '7' ? ahead.Size ?? length : length;
            if (type is '1' or '2' or '5' && _content > 0)
            {
                throw new TarException($"entry '{Shown(name)}' is no file, and has bytes");
            }

            _padding = PaddingOf(_content);
            return new(name, type == '7' ? '0' : type, _content, (int)(Number(_block.AsSpan(100, 8), "mode") & 0xFFF), ahead.Link ?? Text(_block.AsSpan(157, 100)));
        }
    }

    /// <summary>Some more bytes of the entry; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        var read = tar.Read(buffer[..(int)Math.Min(buffer.Length, _content)]);
        if (read == 0 && _content > 0 && buffer.Length > 0)
        {
            throw Cut();
        }

        (_content, Position) = (_content - read, Position + read);
        return read;
    }

    /// <summary>A name as a diagnostic may show it: it must neither fill a terminal nor steer it.</summary>
    public static string Shown(string name) => ForeignText.Shown(name, 200);

    private static long PaddingOf(long length) => (Block - (length % Block)) % Block;

    private static TarException Cut() => new("it is cut short");

    /// <summary>Between the end of an entry and the next block stand zeros: nothing may hide there, and no damage go unseen.</summary>
    private void CheckPadding()
    {
        var padding = _block.AsSpan(0, (int)_padding);
        Fill(padding);
        if (padding.ContainsAnyExcept((byte)0))
        {
            throw new TarException(FormattableString.Invariant($"something stands behind the entry that ends at byte {Position - _padding}"));
        }
    }

    private void CheckSum()
    {
        // As writers write it: with other fillings the same number would have many texts.
        var field = _block.AsSpan(148, 8);
        if (field[..6].ContainsAnyExceptInRange((byte)'0', (byte)'7') || field[6..] is not ([0, (byte)' '] or [(byte)' ', 0] or [>= (byte)'0' and <= (byte)'7', 0]))
        {
            throw Damaged();
        }

        var expected = Number(_block.AsSpan(148, 8), "checksum");
        var sum = 8L * ' ';
        for (var i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : _block[i];
        }

        if (sum != expected)
        {
            throw Damaged();
        }

        TarException Damaged() => new(FormattableString.Invariant($"the header at byte {Position - Block} is damaged, or it is no tar"));
    }

    private string Name()
    {
        var name = Text(_block.AsSpan(0, 100));
        // GNU's own format keeps times where ustar has the first part of a long name.
        var prefix = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? Text(_block.AsSpan(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    /// <summary>A number in octal digits, or, where the first bit is set, in binary.</summary>
    private static long Number(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            return field.Length == 12 && field[0] == 0x80 && !field[1..4].ContainsAnyExcept((byte)0) && BinaryPrimitives.ReadInt64BigEndian(field[4..]) is >= 0 and <= MostSize and var binary
                ? binary
                : throw new TarException($"a {what} is negative or too large");
        }

        var value = 0L;
        foreach (var digit in field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' '))
        {
            value = digit is >= (byte)'0' and <= (byte)'7' ? (value << 3) | (uint)(digit - '0') : throw new TarException($"a {what} is no number");
        }

        return value;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        var text = end < 0 ? field : field[..end];
        try
        {
            return text.Length <= MostNameBytes ? Utf8.GetString(text) : throw new TarException($"a name has more than {MostNameBytes} bytes");
        }
        catch (DecoderFallbackException)
        {
            throw new TarException("a name is no UTF-8");
        }
    }

    /// <summary>The records <c>LENGTH KEY=VALUE\n</c> of an extended header.</summary>
    private static (string? Name, string? Link, long? Size) Pax(ReadOnlySpan<byte> records)
    {
        (string? Name, string? Link, long? Size) found = default;
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space is < 1 or > 8 || !int.TryParse(records[..space], System.Globalization.NumberStyles.None, null, out var length) || length <= space + 2 || length > records.Length || records[length - 1] != '\n')
            {
                throw new TarException("an extended header is damaged");
            }

            var record = records[(space + 1)..(length - 1)];
            records = records[length..];
            var equals = record.IndexOf((byte)'=');
            var key = equals < 1 ? throw new TarException("an extended header is damaged") : Text(record[..equals]);
            var value = record[(equals + 1)..];
            switch (key)
            {
                case "path":
                    found.Name = value.Contains((byte)0) ? throw new TarException("a name has a zero byte") : Text(value);
                    break;
                case "linkpath":
                    found.Link = value.Contains((byte)0) ? throw new TarException("a name has a zero byte") : Text(value);
                    break;
                case "size":
                    found.Size = long.TryParse(value, System.Globalization.NumberStyles.None, null, out var size) && size <= MostSize ? size : throw new TarException("a size is negative or too large");
                    break;
                case ['G', 'N', 'U', '.', 's', 'p', 'a', 'r', 's', 'e', '.', ..]:
                    throw new TarException("it holds a sparse file");
            }
        }

        return found;
    }

    private byte[] Extended(long length)
    {
        if (length > MostExtendedBytes)
        {
            throw new TarException($"an extended header has more than {MostExtendedBytes} bytes");
        }

        var bytes = new byte[length];
        Fill(bytes);
        _padding = PaddingOf(length);
        return bytes;
    }

    private void Fill(Span<byte> bytes)
    {
        if (tar.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Cut();
        }

        Position += bytes.Length;
    }

    private void Skip(long count)
    {
        if (tar.CanSeek)
        {
            if (count > tar.Length - tar.Position)
            {
                throw Cut();
            }

            tar.Position += count;
            Position += count;
            return;
        }

        while (count > 0)
        {
            var part = (int)Math.Min(count, _sink.Length);
            Fill(_sink.AsSpan(0, part));
            count -= part;
        }
    }
}

/// <summary>A tar that is damaged, or holds what no reader may take; its message is the reason.</summary>
#pragma warning disable CA1064 // It never leaves this project: it ends as a DiagnosticException.
internal sealed class TarException(string why) : Exception(why);
#pragma warning restore CA1064
