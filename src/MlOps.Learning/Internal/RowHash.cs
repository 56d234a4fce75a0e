using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MlOps.Data;

namespace MlOps.Learning.Internal;

/// <summary>A 64-bit hash of each row's content: names and cells, whatever the order of columns and rows.</summary>
internal static class RowHash
{
    private const ulong MissingCell = 0x9E37_79B9_7F4A_7C15;

    public static ulong[] Of(Frame frame)
    {
        var hashes = new ulong[frame.RowCount];
        foreach (var column in frame.Columns)
        {
            Add(column, OfText(column.Name), hashes);
        }

        for (var row = 0; row < hashes.Length; row++)
        {
            hashes[row] = Mix(hashes[row]);
        }

        return hashes;
    }

    private static void Add(Column column, ulong name, ulong[] hashes)
    {
        switch (column)
        {
            case NumberColumn { Values: var cells }:
                for (var row = 0; row < cells.Length; row++)
                {
                    // +0 makes −0 a 0.
                    hashes[row] += Cell(name, double.IsNaN(cells[row]) ? MissingCell : (ulong)BitConverter.DoubleToInt64Bits(cells[row] + 0.0));
                }

                break;
            case TimestampColumn { Values: var cells }:
                for (var row = 0; row < cells.Length; row++)
                {
                    hashes[row] += Cell(name, cells[row] == TimestampColumn.Missing ? MissingCell : (ulong)cells[row]);
                }

                break;
            case BooleanColumn { Values: var cells }:
                for (var row = 0; row < cells.Length; row++)
                {
                    hashes[row] += Cell(name, cells[row] == BooleanColumn.Missing ? MissingCell : cells[row]);
                }

                break;
            case StringColumn { Codes: var cells, Dictionary: var texts }:
                var known = Array.ConvertAll(texts, OfText);
                for (var row = 0; row < cells.Length; row++)
                {
                    hashes[row] += Cell(name, cells[row] < 0 ? MissingCell : known[cells[row]]);
                }

                break;
        }
    }

    private static ulong Cell(ulong name, ulong content) => Mix(Mix(content) ^ name);

    public static ulong OfText(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A step of splitmix64: every input bit moves every output bit.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E37_79B9_7F4A_7C15;
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }
}
