namespace MlOps.Pipelines.Inference.Internal;

/// <summary>Predicts a series from one column, each half of the rows by what the other half taught: a column that merely names its rows gains
/// nothing.</summary>
internal static class CrossFit
{
    private const int FewestForSlope = 8;

    /// <summary>A mean per group, and a slope within it where there are numbers.</summary>
    internal static double[] Predict(Bins bins, double[] series)
    {
        var predictions = new double[series.Length];
        for (var half = 0; half < 2; half++)
        {
            var lines = Lines(bins, series, half);
            for (var row = 0; row < series.Length; row++)
            {
                if (Half(row) != half)
                {
                    var line = lines[bins.Group[row]];
                    var x = bins.Values is null || double.IsNaN(bins.Values[row]) ? 0 : bins.Values[row] - line.MeanX;
                    predictions[row] = Math.Clamp(line.MeanY + (line.Slope * x), line.Least, line.Greatest);
                }
            }
        }

        return predictions;
    }

    /// <summary>Which half a row teaches; neighbours and every period are spread over both.</summary>
    private static int Half(int row) => (int)(((ulong)row * 0x9E3779B97F4A7C15) >> 63);

    private static Line[] Lines(Bins bins, double[] series, int half)
    {
        var sums = new Sums[bins.Count];
        var all = new Sums();
        for (var row = 0; row < series.Length; row++)
        {
            if (Half(row) == half)
            {
                var x = bins.Values is null || double.IsNaN(bins.Values[row]) ? 0 : bins.Values[row];
                sums[bins.Group[row]].AddMean(x, series[row]);
                all.AddMean(0, series[row]);
            }
        }

        for (var row = 0; row < series.Length; row++)
        {
            if (Half(row) == half && bins.Values is not null && !double.IsNaN(bins.Values[row]))
            {
                sums[bins.Group[row]].AddSquares(bins.Values[row], series[row]);
            }
        }

        return Array.ConvertAll(sums, sum => sum.Count == 0 ? all.ToLine() : sum.ToLine());
    }

    private readonly record struct Line(double MeanX, double MeanY, double Slope, double Least, double Greatest);

    private record struct Sums
    {
        private double _x, _y, _xx, _xy, _least, _greatest;

        internal int Count { get; private set; }

        internal void AddMean(double x, double y)
        {
            (_least, _greatest) = Count == 0 ? (y, y) : (Math.Min(_least, y), Math.Max(_greatest, y));
            _x += x;
            _y += y;
            Count++;
        }

        internal void AddSquares(double x, double y)
        {
            var dx = x - (_x / Count);
            _xx += dx * dx;
            _xy += dx * (y - (_y / Count));
        }

        internal readonly Line ToLine() => Count == 0 ? default
            : new(_x / Count, _y / Count, Count >= FewestForSlope && _xx > 0 ? _xy / _xx : 0, _least, _greatest);
    }
}
