using MlOps.Content;
using MlOps.Data;

namespace MlOps.Learning.Internal.Measuring;

/// <summary>A group of rows that have something in common in a column.</summary>
/// <param name="Value">What; null for a missing cell.</param>
internal sealed record Slice(string Column, string? Value, int[] Rows);

/// <summary>Divides rows into groups by a column.</summary>
internal static class Slicing
{
    private const int DefaultBins = 4;
    private const int MostNumbers = 20;

    /// <summary>More groups than these say nothing that somebody reads; the largest are taken.</summary>
    private const int MostGroups = 50;

    /// <summary>The groups: values in ordinal order, bins ascending, missing cells last.</summary>
    /// <exception cref="DiagnosticException">MLO6112: bins are asked for of what has no order.</exception>
    public static IReadOnlyList<Slice> Of(Column column, int? bins)
    {
        double[]? keys = column switch
        {
            NumberColumn numbers => numbers.Values,
            TimestampColumn instants => [.. instants.Values.Select(t => (double)t)],
            _ => null,
        };
        if (keys is null && bins is not null)
        {
            throw new DiagnosticException(new Diagnostic("MLO6112", $"the groups of '{column.Name}' cannot have bins")
            {
                Why = $"its cells are of type {column.Type.ToString().ToLowerInvariant()}; bins are for numbers and times",
                Mend = $"write \"{column.Name}\" alone, for a group per value",
            });
        }

        int[] present = [.. Enumerable.Range(0, column.Length).Where(row => !column.IsMissing(row))];
        var groups = keys is not null && (bins is not null || present.DistinctBy(row => keys[row]).Count() > MostNumbers)
            ? Bins(column, [.. present.OrderBy(row => keys[row])], keys, bins ?? DefaultBins)
            : Values(column, present, keys);
        int[] missing = [.. Enumerable.Range(0, column.Length).Where(column.IsMissing)];
        return missing.Length > 0 ? [.. groups, new(column.Name, null, missing)] : groups;
    }

    private static List<Slice> Values(Column column, int[] rows, double[]? keys)
    {
        var groups = rows.GroupBy(row => column.Text(row)!, StringComparer.Ordinal).Select(group => new Slice(column.Name, group.Key, [.. group])).ToList();
        if (groups.Count > MostGroups)
        {
            groups = [.. groups.OrderByDescending(group => group.Rows.Length).ThenBy(group => group.Value, StringComparer.Ordinal).Take(MostGroups)];
        }

        return keys is null ? [.. groups.OrderBy(group => group.Value, StringComparer.Ordinal)] : [.. groups.OrderBy(group => keys[group.Rows[0]])];
    }

    /// <summary>Cuts where equal numbers do not straddle; of many equal ones there are fewer bins.</summary>
    private static List<Slice> Bins(Column column, int[] sorted, double[] keys, int bins)
    {
        var slices = new List<Slice>();
        var start = 0;
        for (var bin = 1; bin <= bins; bin++)
        {
            var end = (int)((long)sorted.Length * bin / bins);
            while (end > start && end < sorted.Length && keys[sorted[end]] == keys[sorted[end - 1]])
            {
                end++;
            }

            if (end > start)
            {
                var (least, most) = (column.Text(sorted[start]), column.Text(sorted[end - 1]));
                slices.Add(new(column.Name, least == most ? least : $"{least} to {most}", [.. sorted[start..end].Order()]));
                start = end;
            }
        }

        return slices;
    }
}
