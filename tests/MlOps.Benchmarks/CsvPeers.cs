using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlOps.Data;

namespace MlOps.Benchmarks;

/// <summary>What <c>csv.sh</c> runs: a large file of numbers, and ways to read it.</summary>
internal static class CsvPeers
{
    private const int Columns = 20, RowsPerBlock = 20_000, Digits = 6, SegmentBytes = 1 << 18;

    private static readonly double[] Powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    /// <summary>20 columns of normal numbers with six decimals: a block of rows again and again, as <c>wc</c> and branch predictors do not mind.</summary>
    internal static void Write(string path, long bytes)
    {
        var random = new Random(1);
        var block = new StringBuilder();
        for (var i = 0; i < RowsPerBlock * Columns; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            block.Append((normal * 10).ToString("F6", CultureInfo.InvariantCulture)).Append(i % Columns == Columns - 1 ? '\n' : ',');
        }

        var content = Encoding.ASCII.GetBytes(block.ToString());
        using var file = File.Create(path);
        file.Write(Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Range(0, Columns).Select(i => $"c{i}")) + "\n"));
        for (var left = bytes; left >= content.Length; left -= content.Length)
        {
            file.Write(content);
        }
    }

    /// <summary>The product: a typed table.</summary>
    internal static void Ours(string path)
    {
        var frame = CsvReader.ReadFile(path);
        Report((long)frame.RowCount * frame.Columns.Count, frame.Columns.Sum(column => ((NumberColumn)column).Values[^1]));
    }

    /// <summary>The least that a reader has to do: segments of the file, every field's digits to a double, nothing checked, nothing kept but the sum.</summary>
    internal static unsafe void Hand(string path)
    {
        using var file = File.OpenHandle(path);
        var segment = GC.AllocateUninitializedArray<byte>(SegmentBytes + 1, pinned: true);
        var (fields, sum, kept, offset) = (0L, 0.0, 0, 0L);
        var isHeader = true;
        fixed (byte* start = segment)
        {
            for (int read; (read = RandomAccess.Read(file, segment.AsSpan(kept, SegmentBytes - kept), offset)) > 0; offset += read)
            {
                var filled = kept + read;
                var whole = segment.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
                var p = start + (isHeader ? segment.AsSpan(0, whole).IndexOf((byte)'\n') + 1 : 0);
                isHeader = false;
                HandLoop(p, start + whole, ref fields, ref sum);
                kept = filled - whole;
                segment.AsSpan(whole, kept).CopyTo(segment);
            }
        }

        Report(fields, sum);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static unsafe void HandLoop(byte* p, byte* end, ref long fields, ref double sum)
    {
        var powers = Powers;
        var (count, total) = (0L, 0.0);
        while (p < end)
        {
            var negative = *p == '-';
            p += negative ? 1 : 0;
            long mantissa = 0;
            var fraction = 0;
            uint digit;
            while ((digit = (uint)(*p - '0')) <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                p++;
            }

            if (*p == '.')
            {
                var point = ++p;
                while ((digit = (uint)(*p - '0')) <= 9)
                {
                    mantissa = (mantissa * 10) + digit;
                    p++;
                }

                fraction = (int)(p - point);
            }

            var value = mantissa / powers[fraction];
            total += negative ? -value : value;
            count++;
            p++;
        }

        (fields, sum) = (fields + count, sum + total);
    }

    /// <summary>CsvHelper, every field by its typed getter.</summary>
    internal static void Helper(string path)
    {
        using var stream = File.OpenRead(path);
        using var reader = CsvHelper.CsvReader.Create(stream, new CsvHelper.CsvReaderOptions { Separator = ',' });
        var (fields, sum) = (0L, 0.0);
        for (reader.Read(); reader.Read();)
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                sum += reader.Parse<double>(i);
                fields++;
            }
        }

        Report(fields, sum);
    }

    private static void Report(long fields, double sum)
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{process.PeakWorkingSet64 >> 20} {fields} {sum:F3}"));
    }
}
