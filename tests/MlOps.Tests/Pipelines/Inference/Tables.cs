using System.Text;
using MlOps.Data;

namespace MlOps.Tests.Pipelines.Inference;

/// <summary>Small tables made of expressions.</summary>
internal static class Tables
{
    internal static Frame Csv(string text) => CsvReader.Read(Encoding.UTF8.GetBytes(text));

    internal static NumberColumn Numbers(string name, int count, Func<int, double> cell) => new(name, [.. Enumerable.Range(0, count).Select(cell)]);

    internal static StringColumn Strings(string name, int count, Func<int, string> cell)
    {
        var texts = Enumerable.Range(0, count).Select(cell).ToArray();
        var distinct = texts.Distinct().ToArray();
        return new(name, [.. texts.Select(text => Array.IndexOf(distinct, text))], distinct);
    }

    /// <summary>Evenly spread over 0 to 1, different for each seed.</summary>
    internal static double Noise(int row, int seed) => ((((ulong)(row + 1) * 0x9E3779B97F4A7C15) ^ ((ulong)seed * 0xD6E8FEB86659FD93)) * 0x9FB21C651E98DF25 >> 40) / (double)(1 << 24);
}
