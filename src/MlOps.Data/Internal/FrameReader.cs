using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Data.Internal;

/// <summary>Reads frame files; believes no count before the bytes behind it are there.</summary>
internal sealed class FrameReader(Stream source)
{
    private readonly XxHash128 _hash = new();

    internal Frame Read()
    {
        Span<byte> head = stackalloc byte[5];
        Get(head);
        Require(head[..4].SequenceEqual(FrameWriter.Magic), "it does not start as a frame file does");
        Require(head[4] == FrameWriter.Version, "its version is unknown");
        var count = GetInt();
        var rows = GetInt();
        Require(count >= 0 && rows >= 0 && (long)count * 5 <= Left && (count == 0 || rows <= Left), "its counts exceed its size");
        var columns = new Column[count];
        for (var i = 0; i < count; i++)
        {
            columns[i] = GetColumn(rows);
        }

        Span<byte> expected = stackalloc byte[16];
        _hash.GetCurrentHash(expected);
        Span<byte> written = stackalloc byte[16];
        Get(written);
        Require(written.SequenceEqual(expected), "its checksum does not match");
        return new(columns);
    }

    private long Left => source.Length - source.Position;

    private Column GetColumn(int rows)
    {
        var name = GetText();
        var type = (ColumnType)GetByte();
        switch (type)
        {
            case ColumnType.Integer or ColumnType.Number:
                return new NumberColumn(name, GetNumbers(rows), type);
            case ColumnType.Boolean:
                return new BooleanColumn(name, GetArray<byte>(rows));
            case ColumnType.Timestamp:
                return new TimestampColumn(name, GetArray<long>(rows));
            case ColumnType.String:
                return GetStrings(name, rows);
            default:
                throw Broken("a column's type is unknown");
        }
    }

    private double[] GetNumbers(int rows)
    {
        var packing = (CellPacking)GetByte();
        if (packing == CellPacking.Whole)
        {
            return GetArray<double>(rows);
        }

        var least = GetLong();
        var values = new double[rows];
        GetPacked(rows, packing, (row, cell) => values[row] = cell == 0 ? double.NaN : least + cell - 1);
        return values;
    }

    private StringColumn GetStrings(string name, int rows)
    {
        var count = GetInt();
        Require(count >= 0 && (long)count * 4 <= Left, "its counts exceed its size");
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            texts[i] = GetText();
        }

        var codes = new int[rows];
        GetPacked(rows, (CellPacking)GetByte(), (row, cell) => codes[row] = cell <= count ? (int)cell - 1 : throw Broken("a cell refers to no text"));
        return new(name, codes, texts);
    }

    private void GetPacked(int rows, CellPacking packing, Action<int, uint> set)
    {
        var width = packing is CellPacking.Byte or CellPacking.Short or CellPacking.Int ? (int)packing : throw Broken("a packing is unknown");
        var cells = GetArray<byte>((long)rows * width);
        for (var row = 0; row < rows; row++)
        {
            var cell = cells.AsSpan(row * width);
            set(row, packing switch
            {
                CellPacking.Byte => cell[0],
                CellPacking.Short => BinaryPrimitives.ReadUInt16LittleEndian(cell),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(cell),
            });
        }
    }

    private T[] GetArray<T>(long count)
        where T : unmanaged
    {
        var bytes = count * Marshal.SizeOf<T>();
        Require(bytes <= Left && count <= Array.MaxLength, "it ends too early");
        var array = GC.AllocateUninitializedArray<T>((int)count);
        var rest = array.AsSpan();
        while (!rest.IsEmpty)
        {
            // A span of bytes reaches over 2 GiB at most.
            var part = rest[..Math.Min(rest.Length, 1 << 20)];
            Get(MemoryMarshal.AsBytes(part));
            rest = rest[part.Length..];
        }

        return array;
    }

    private string GetText()
    {
        var length = GetInt();
        Require(length >= 0 && length <= Left, "a text's length exceeds its size");
        return Encoding.UTF8.GetString(GetArray<byte>(length));
    }

    private byte GetByte()
    {
        Span<byte> bytes = stackalloc byte[1];
        Get(bytes);
        return bytes[0];
    }

    private int GetInt()
    {
        Span<byte> bytes = stackalloc byte[4];
        Get(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    private long GetLong()
    {
        Span<byte> bytes = stackalloc byte[8];
        Get(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private void Get(Span<byte> bytes)
    {
        var read = source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        Require(read == bytes.Length, "it ends too early");
        _hash.Append(bytes);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw Broken(otherwise);
        }
    }

    private static InvalidDataException Broken(string why) => new($"not a frame file, or a damaged one: {why}");
}
