using MlOps.Data;

namespace MlOps.Learning.Internal;

/// <summary>Any column as numbered texts.</summary>
internal static class Categories
{
    /// <summary>Per row the index of its canonical text, −1 where missing; the texts in order of first appearance (not all need occur).</summary>
    public static (int[] Codes, string[] Texts) Of(Column column) => column switch
    {
        StringColumn texts => (texts.Codes, texts.Dictionary),
        NumberColumn numbers => Number(numbers, numbers.Values),
        TimestampColumn instants => Number(instants, instants.Values),
        BooleanColumn truths => ([.. truths.Values.Select(v => v == BooleanColumn.Missing ? -1 : v)], ["false", "true"]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static (int[] Codes, string[] Texts) Number<T>(Column column, T[] cells)
        where T : struct
    {
        var codes = new int[cells.Length];
        var texts = new List<string>();
        var seen = new Dictionary<T, int>();
        for (var row = 0; row < cells.Length; row++)
        {
            if (column.IsMissing(row))
            {
                codes[row] = -1;
                continue;
            }

            if (!seen.TryGetValue(cells[row], out codes[row]))
            {
                seen.Add(cells[row], codes[row] = texts.Count);
                texts.Add(column.Text(row)!);
            }
        }

        return (codes, [.. texts]);
    }
}
