using MlOps.Scoring;

namespace MlOps.Learning.Internal.Calibration;

/// <summary>The non-decreasing function of the score that is nearest to the labels in squares: pool adjacent violators.</summary>
/// <remarks>As scikit-learn's <c>IsotonicRegression(out_of_bounds="clip")</c> on float32 scores: level where it pooled, straight lines between.</remarks>
internal static class Isotonic
{
    public static IsotonicCalibration Fit(double[] scores, bool[] positive)
    {
        var (knots, levels) = Knots([.. scores.Select(score => (float)score)], positive);
        var starts = new List<float>();
        var (widths, heights) = (new List<float>(), new List<float>());
        for (var k = 1; k < knots.Count; k++)
        {
            if (levels[k] > levels[k - 1])
            {
                starts.Add(knots[k - 1]);
                widths.Add((float)((double)knots[k] - knots[k - 1]));
                heights.Add((float)(levels[k] - levels[k - 1]));
            }
        }

        return new((float)levels[0], [.. starts], [.. widths], [.. heights]);
    }

    /// <summary>First and last score of each pooled block, with the share of positive rows in it.</summary>
    public static (List<float> Scores, List<double> Levels) Knots(float[] scores, bool[] positive)
    {
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderBy(row => scores[row])];
        var blocks = new List<(float First, float Last, long Positive, long Rows)>();
        for (var i = 0; i < order.Length;)
        {
            var (score, hits, rows) = (scores[order[i]], 0L, 0L);
            for (; i < order.Length && scores[order[i]] == score; i++)
            {
                hits += positive[order[i]] ? 1 : 0;
                rows++;
            }

            var block = (First: score, Last: score, Positive: hits, Rows: rows);
            // Shares compare exactly as products of counts.
            while (blocks.Count > 0 && (Int128)blocks[^1].Positive * block.Rows >= (Int128)block.Positive * blocks[^1].Rows)
            {
                var before = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
                block = (before.First, block.Last, before.Positive + block.Positive, before.Rows + block.Rows);
            }

            blocks.Add(block);
        }

        var (knots, levels) = (new List<float>(), new List<double>());
        foreach (var block in blocks)
        {
            foreach (var end in block.First == block.Last ? [block.First] : new[] { block.First, block.Last })
            {
                knots.Add(end);
                levels.Add(block.Positive / (double)block.Rows);
            }
        }

        return (knots, levels);
    }
}
