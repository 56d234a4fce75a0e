using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Data.Internal;

/// <summary>Gives every distinct text (UTF-8 bytes) a code, 0 upwards in order of first appearance, without an allocation per repeated text.</summary>
internal sealed class TextTable
{
    private const int SegmentSize = 1 << 16;

    private readonly List<ReadOnlyMemory<byte>> _texts = [];
    private readonly List<uint> _hashes = [];
    private int[] _slots = new int[64];
    private byte[] _segment = [];
    private int _used;

    internal int Code(ReadOnlySpan<byte> text)
    {
        var hash = Hash(text);
        var mask = (uint)_slots.Length - 1;
        var texts = CollectionsMarshal.AsSpan(_texts);
        for (var slot = hash & mask; ; slot = (slot + 1) & mask)
        {
            var code = _slots[slot] - 1;
            if (code < 0)
            {
                return Add(text, hash, slot);
            }

            if (_hashes[code] == hash && texts[code].Span.SequenceEqual(text))
            {
                return code;
            }
        }
    }

    internal string[] ToStrings()
    {
        var strings = new string[_texts.Count];
        for (var i = 0; i < strings.Length; i++)
        {
            strings[i] = Encoding.UTF8.GetString(_texts[i].Span);
        }

        return strings;
    }

    private int Add(ReadOnlySpan<byte> text, uint hash, uint slot)
    {
        if (_segment.Length - _used < text.Length)
        {
            _segment = new byte[Math.Max(SegmentSize, text.Length)];
            _used = 0;
        }

        text.CopyTo(_segment.AsSpan(_used));
        _texts.Add(_segment.AsMemory(_used, text.Length));
        _used += text.Length;
        _hashes.Add(hash);
        _slots[slot] = _texts.Count;
        if (_texts.Count * 2 > _slots.Length)
        {
            Rehash();
        }

        return _texts.Count - 1;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        var mask = (uint)_slots.Length - 1;
        for (var code = 0; code < _hashes.Count; code++)
        {
            var slot = _hashes[code] & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = code + 1;
        }
    }

    /// <summary>Spreads texts over slots; never leaves this class, so its value is free to differ between machines.</summary>
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = (ulong)text.Length * 0x9E3779B97F4A7C15;
        while (text.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[8..];
        }

        ulong tail = 0;
        foreach (var c in text)
        {
            tail = (tail << 8) | c;
        }

        hash = Mix(hash ^ tail);
        return (uint)(hash >> 32);
    }

    private static ulong Mix(ulong value) => BitOperations.RotateLeft(value * 0x9FB21C651E98DF25, 31) * 0xD6E8FEB86659FD93;
}
