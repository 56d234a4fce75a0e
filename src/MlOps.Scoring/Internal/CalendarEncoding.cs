using MlOps.Data;

namespace MlOps.Scoring.Internal;

internal sealed class CalendarEncoding(CalendarEncoder encoder) : ColumnEncoding(encoder.Column)
{
    public override string Wanted => "timestamps";

    public override bool Takes(Column column) => column is TimestampColumn;

    public override void Encode(Column column, ReadOnlySpan<float[]> features)
    {
        for (var i = 0; i < features.Length; i++)
        {
            var feature = features[i];
            for (var r = 0; r < feature.Length; r++)
            {
                feature[r] = Part(i, column is TimestampColumn instants ? instants.Values[r] : TimestampColumn.Missing);
            }
        }
    }

    public override void Encode(CellList cell, ReadOnlySpan<float[]> features)
    {
        for (var i = 0; i < features.Length; i++)
        {
            features[i][0] = Part(i, ((TimestampCells)cell).Last);
        }
    }

    private float Part(int i, long instant)
    {
        var part = instant == TimestampColumn.Missing ? encoder.Fill[i] : CivilCalendar.Part(encoder.Parts[i], instant);
        return (part - encoder.Offsets[i]) * encoder.Scales[i];
    }
}

internal sealed class CyclicEncoding(CyclicEncoder encoder) : ColumnEncoding(encoder.Column)
{
    private readonly float[][] _circles = Array.ConvertAll(encoder.Parts, CivilCalendar.Circle);

    public override string Wanted => "timestamps";

    public override bool Takes(Column column) => column is TimestampColumn;

    public override void Encode(Column column, ReadOnlySpan<float[]> features)
    {
        for (var row = 0; row < column.Length; row++)
        {
            Set(column is TimestampColumn instants ? instants.Values[row] : TimestampColumn.Missing, row, features);
        }
    }

    public override void Encode(CellList cell, ReadOnlySpan<float[]> features) => Set(((TimestampCells)cell).Last, 0, features);

    private void Set(long instant, int row, ReadOnlySpan<float[]> features)
    {
        for (var i = 0; i < _circles.Length; i++)
        {
            var (sine, cosine) = (encoder.Fill, encoder.Fill);
            if (instant != TimestampColumn.Missing)
            {
                var place = 2 * CivilCalendar.Part(encoder.Parts[i], instant);
                (sine, cosine) = (_circles[i][place], _circles[i][place + 1]);
            }

            (features[2 * i][row], features[(2 * i) + 1][row]) = (sine, cosine);
        }
    }
}
