using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>What programs print: the first and the last part, secrets masked, in memory, however much it is. Tells the last line while they run.</summary>
internal sealed class ProgramLog(Masking masking, Action<string>? report)
{
    private const int HeadBytes = 512 * 1024, TailBytes = 512 * 1024, LongestLine = 120;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly List<byte> _pending = [];
    private readonly List<byte[]> _head = [];
    private byte[]? _tail;
    private long _total;
    private long _told;

    /// <summary>Takes what was read.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => masking.Feed(_pending, bytes, end: false, Keep);

    /// <summary>All that was printed, or its first and last part with a line between that says how much was cut.</summary>
    public byte[] ToBytes()
    {
        masking.Feed(_pending, [], end: true, Keep);
        var cut = _total - HeadBytes - TailBytes;
        var note = cut <= 0 ? [] : Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n[… {cut:N0} bytes cut …]\n"));
        using var all = new MemoryStream();
        foreach (var part in _head)
        {
            all.Write(part);
        }

        all.Write(note);
        all.Write(Tail());
        return all.ToArray();
    }

    private void Keep(byte[] bytes)
    {
        Tell(bytes);
        var head = (int)Math.Min(bytes.Length, Math.Max(0, HeadBytes - _total));
        if (head > 0)
        {
            _head.Add(bytes[..head]);
        }

        _total += head;
        for (var rest = bytes.AsSpan(head); rest.Length > 0;)
        {
            _tail ??= new byte[TailBytes];
            var at = (int)((_total - HeadBytes) % TailBytes);
            var take = Math.Min(rest.Length, TailBytes - at);
            rest[..take].CopyTo(_tail.AsSpan(at));
            _total += take;
            rest = rest[take..];
        }
    }

    private byte[] Tail()
    {
        if (_tail is null)
        {
            return [];
        }

        var written = _total - HeadBytes;
        var at = (int)(written % TailBytes);
        return written <= TailBytes ? _tail[..(int)written] : [.. _tail[at..], .. _tail[..at]];
    }

    private void Tell(byte[] bytes)
    {
        if (report is null || (_told != 0 && Stopwatch.GetElapsedTime(_told) < Pace))
        {
            return;
        }

        var text = bytes.AsSpan().TrimEnd("\r\n\t "u8);
        text = text[(text.LastIndexOfAny((byte)'\n', (byte)'\r') + 1)..];
        if (text.Length > 0)
        {
            _told = Stopwatch.GetTimestamp();
            var line = Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestLine)]);
            report(ForeignText.Shown(line).Trim());
        }
    }
}
