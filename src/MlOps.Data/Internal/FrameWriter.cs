using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Data.Internal;

/// <summary>How the cells of a column are packed; the number is the file's.</summary>
internal enum CellPacking : byte
{
    /// <summary>8 bytes each, as in memory.</summary>
    Whole = 0,

    /// <summary>1 byte each: 0 is missing, else the cell minus the base plus 1.</summary>
    Byte = 1,

    /// <summary>2 bytes each, likewise.</summary>
    Short = 2,

    /// <summary>4 bytes each, likewise.</summary>
    Int = 4,
}

/// <summary>Writes frame files.</summary>
internal sealed class FrameWriter(Stream destination)
{
    internal const byte Version = 1;

    internal static ReadOnlySpan<byte> Magic => "MLOF"u8;

    private readonly XxHash128 _hash = new();

    internal void Write(Frame frame)
    {
        Put(Magic);
        Put([Version]);
        PutInt(frame.Columns.Count);
        PutInt(frame.RowCount);
        foreach (var column in frame.Columns)
        {
            PutText(column.Name);
            Put([(byte)column.Type]);
            switch (column)
            {
                case NumberColumn numbers: PutNumbers(numbers); break;
                case BooleanColumn truths: Put(truths.Values); break;
                case TimestampColumn times: Put(MemoryMarshal.AsBytes<long>(times.Values)); break;
                case StringColumn texts: PutStrings(texts); break;
                default: throw new ArgumentException($"column '{column.Name}' has an unknown class", nameof(frame));
            }
        }

        Span<byte> hash = stackalloc byte[16];
        _hash.GetCurrentHash(hash);
        destination.Write(hash);
    }

    private void PutNumbers(NumberColumn column)
    {
        var (packing, least) = Choose(column);
        Put([(byte)packing]);
        if (packing == CellPacking.Whole)
        {
            PutDoubles(column.Values);
            return;
        }

        PutLong(least);
        PutPacked(column.Length, packing, i => double.IsNaN(column.Values[i]) ? 0 : (uint)((long)column.Values[i] - least + 1));
    }

    private void PutDoubles(double[] values)
    {
        // NaN has many bit patterns; one of them means missing.
        var buffer = new double[Math.Min(values.Length, 1 << 13)];
        for (var start = 0; start < values.Length; start += buffer.Length)
        {
            var part = values.AsSpan(start, Math.Min(buffer.Length, values.Length - start));
            for (var i = 0; i < part.Length; i++)
            {
                buffer[i] = double.IsNaN(part[i]) ? double.NaN : part[i];
            }

            Put(MemoryMarshal.AsBytes(buffer.AsSpan(0, part.Length)));
        }
    }

    private static (CellPacking Packing, long Least) Choose(NumberColumn column)
    {
        var (least, greatest) = (long.MaxValue, long.MinValue);
        foreach (var value in column.Values)
        {
            if (double.IsNaN(value))
            {
                continue;
            }

            var whole = Math.Abs(value) < 1L << 53 ? (long)value : 0;
            if (BitConverter.DoubleToInt64Bits(whole) != BitConverter.DoubleToInt64Bits(value))
            {
                return (CellPacking.Whole, 0);
            }

            (least, greatest) = (Math.Min(least, whole), Math.Max(greatest, whole));
        }

        return least > greatest ? (CellPacking.Byte, 0) : (PackingFor(greatest - least + 1), least);
    }

    private static CellPacking PackingFor(long greatest) => greatest switch
    {
        <= byte.MaxValue => CellPacking.Byte,
        <= ushort.MaxValue => CellPacking.Short,
        <= uint.MaxValue => CellPacking.Int,
        _ => CellPacking.Whole,
    };

    private void PutStrings(StringColumn column)
    {
        var order = new int[column.Dictionary.Length];
        var texts = new List<string>();
        foreach (var code in column.Codes)
        {
            if (code >= 0 && order[code] == 0)
            {
                texts.Add(column.Dictionary[code]);
                order[code] = texts.Count;
            }
        }

        PutInt(texts.Count);
        texts.ForEach(PutText);
        var packing = PackingFor(texts.Count);
        Put([(byte)packing]);
        PutPacked(column.Length, packing, i => column.Codes[i] < 0 ? 0 : (uint)order[column.Codes[i]]);
    }

    private void PutPacked(int count, CellPacking packing, Func<int, uint> cell)
    {
        var width = (int)packing;
        var buffer = new byte[Math.Min(count, 1 << 14) * width];
        for (var start = 0; start < count;)
        {
            var rows = Math.Min(buffer.Length / width, count - start);
            for (var i = 0; i < rows; i++)
            {
                var value = cell(start + i);
                var target = buffer.AsSpan(i * width);
                switch (packing)
                {
                    case CellPacking.Byte: target[0] = (byte)value; break;
                    case CellPacking.Short: BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)value); break;
                    default: BinaryPrimitives.WriteUInt32LittleEndian(target, value); break;
                }
            }

            Put(buffer.AsSpan(0, rows * width));
            start += rows;
        }
    }

    private void PutText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        PutInt(bytes.Length);
        Put(bytes);
    }

    private void PutInt(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Put(bytes);
    }

    private void PutLong(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Put(bytes);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        destination.Write(bytes);
    }
}
