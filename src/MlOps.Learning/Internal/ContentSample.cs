using MlOps.Data;

namespace MlOps.Learning.Internal;

/// <summary>Rows in an order that follows from their content alone, whatever order they came in.</summary>
/// <param name="Rows">At most as many as were asked for, ascending by hash.</param>
/// <param name="Keys">A number per row, different even for equal rows, that looks drawn by lot.</param>
internal sealed record ContentSample(Frame Rows, ulong[] Keys)
{
    public static ContentSample Of(Frame frame, int most)
    {
        var hashes = RowHash.Of(frame);
        int[] order = [.. Enumerable.Range(0, hashes.Length).OrderBy(row => hashes[row]).Take(most)];
        var keys = new ulong[order.Length];
        for (int i = 0, twin = 0; i < order.Length; i++)
        {
            twin = i > 0 && hashes[order[i]] == hashes[order[i - 1]] ? twin + 1 : 0;
            keys[i] = RowHash.Mix(hashes[order[i]] + (ulong)twin);
        }

        return new(frame.Select(order), keys);
    }

    /// <summary>The rows' places in an order that a seed shuffles.</summary>
    public int[] Shuffled(ulong seed)
    {
        var lots = Array.ConvertAll(Keys, key => RowHash.Mix(key ^ seed));
        int[] places = [.. Enumerable.Range(0, lots.Length)];
        Array.Sort(lots, places);
        return places;
    }
}
