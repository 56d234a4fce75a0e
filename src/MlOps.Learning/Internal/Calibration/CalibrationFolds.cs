using MlOps.Data;

namespace MlOps.Learning.Internal.Calibration;

/// <summary>Parts training rows into folds as the split parts them from test rows.</summary>
internal static class CalibrationFolds
{
    /// <summary>The fold of each row, 0 to <paramref name="count"/> − 1; by time they ascend.</summary>
    public static int[] Assign(Frame rows, bool[] positive, SplitSpec? split, int count) => split?.By switch
    {
        SplitBy.Group => ByKey(RowHash.Of(new Frame([rows[split.Column!]])), count),
        SplitBy.Time => Ranked(Split.Times(rows[split.Column!]), count),
        _ => ByHash(RowHash.Of(rows), positive, count),
    };

    /// <summary>Each class in equal parts by the hash of the row; equal rows are in one fold.</summary>
    private static int[] ByHash(ulong[] hashes, bool[] positive, int count)
    {
        var folds = new int[hashes.Length];
        foreach (var side in new[] { false, true })
        {
            int[] rows = [.. Enumerable.Range(0, hashes.Length).Where(row => positive[row] == side)];
            var ranked = Ranked([.. rows.Select(row => hashes[row])], count);
            for (var i = 0; i < rows.Length; i++)
            {
                folds[rows[i]] = ranked[i];
            }
        }

        return folds;
    }

    /// <summary>The largest keys first, each into the fold that has the fewest rows so far: one large key does not empty the others.</summary>
    private static int[] ByKey(ulong[] keys, int count)
    {
        var (sizes, foldOf) = (new int[count], new Dictionary<ulong, int>());
        foreach (var key in keys.GroupBy(key => key).OrderByDescending(key => key.Count()).ThenBy(key => key.Key))
        {
            var least = Array.IndexOf(sizes, sizes.Min());
            foldOf.Add(key.Key, least);
            sizes[least] += key.Count();
        }

        return [.. keys.Select(key => foldOf[key])];
    }

    /// <summary>Equal parts in the order of their keys; equal keys are in one fold.</summary>
    private static int[] Ranked<T>(T[] keys, int count)
        where T : IEquatable<T>
    {
        var folds = new int[keys.Length];
        int[] rows = [.. Enumerable.Range(0, keys.Length).OrderBy(row => keys[row])];
        for (var i = 0; i < rows.Length; i++)
        {
            folds[rows[i]] = i > 0 && keys[rows[i]].Equals(keys[rows[i - 1]]) ? folds[rows[i - 1]] : (int)((long)i * count / rows.Length);
        }

        return folds;
    }
}
