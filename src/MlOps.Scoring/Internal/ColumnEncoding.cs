using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>An encoder ready to run on dense features: what can be looked up is prepared once.</summary>
internal abstract class ColumnEncoding(string column)
{
    public string Column { get; } = column;

    /// <summary>Whether the column's cells can be encoded; one without any present cell always can.</summary>
    public abstract bool Takes(Column column);

    /// <summary>What it takes, in words for a diagnostic.</summary>
    public abstract string Wanted { get; }

    /// <summary>Fills one array of the frame's length per feature.</summary>
    public abstract void Encode(Column column, ReadOnlySpan<float[]> features);

    public static ColumnEncoding For(Encoder encoder) => encoder switch
    {
        NumericEncoder numeric => new NumericEncoding(numeric),
        OrdinalEncoder ordinal => new OrdinalEncoding(ordinal),
        OneHotEncoder oneHot => new OneHotEncoding(oneHot),
        CalendarEncoder calendar => new CalendarEncoding(calendar),
        _ => throw new ArgumentException($"{encoder.GetType().Name} makes no dense features", nameof(encoder)),
    };
}

internal sealed class NumericEncoding(NumericEncoder encoder) : ColumnEncoding(encoder.Column)
{
    public override string Wanted => "numbers or truth values";

    public override bool Takes(Column column) => column is NumberColumn or BooleanColumn;

    public override void Encode(Column column, ReadOnlySpan<float[]> features)
    {
        var feature = features[0];
        switch (column)
        {
            case NumberColumn numbers:
                for (var r = 0; r < feature.Length; r++)
                {
                    feature[r] = Scaled((float)numbers.Values[r]);
                }

                break;
            case BooleanColumn booleans:
                for (var r = 0; r < feature.Length; r++)
                {
                    feature[r] = Scaled(booleans.Values[r] == BooleanColumn.Missing ? float.NaN : booleans.Values[r]);
                }

                break;
            default:
                feature.AsSpan().Fill(Scaled(float.NaN));
                break;
        }
    }

    private float Scaled(float x) => ((float.IsNaN(x) ? encoder.Fill : x) - encoder.Offset) * encoder.Scale;
}

internal sealed class OrdinalEncoding : ColumnEncoding
{
    private readonly OrdinalEncoder _encoder;
    private readonly CategoryIndex _categories;

    public OrdinalEncoding(OrdinalEncoder encoder)
        : base(encoder.Column) => (_encoder, _categories) = (encoder, new(encoder.Categories));

    public override string Wanted => "categories";

    public override bool Takes(Column column) => true;

    public override void Encode(Column column, ReadOnlySpan<float[]> features)
    {
        var feature = features[0];
        var cells = _categories.Cells(column);
        for (var r = 0; r < feature.Length; r++)
        {
            var category = cells.At(r);
            feature[r] = category >= 0 ? _encoder.Values[category] : category == CategoryIndex.Missing ? _encoder.Missing : _encoder.Unknown;
        }
    }
}

internal sealed class OneHotEncoding : ColumnEncoding
{
    private readonly CategoryIndex _categories;
    private readonly int _missing;

    public OneHotEncoding(OneHotEncoder encoder)
        : base(encoder.Column)
    {
        _categories = new(encoder.Categories);
        _missing = Array.IndexOf(encoder.Categories, "");
    }

    public override string Wanted => "categories";

    public override bool Takes(Column column) => true;

    public override void Encode(Column column, ReadOnlySpan<float[]> features)
    {
        var cells = _categories.Cells(column);
        for (var r = 0; r < column.Length; r++)
        {
            var category = cells.At(r);
            category = category == CategoryIndex.Missing ? _missing : category;
            if (category >= 0)
            {
                features[category][r] = 1;
            }
        }
    }
}

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
                var part = column is TimestampColumn { Values: var values } && values[r] != TimestampColumn.Missing
                    ? CivilCalendar.Part(encoder.Parts[i], values[r])
                    : encoder.Fill[i];
                feature[r] = (part - encoder.Offsets[i]) * encoder.Scales[i];
            }
        }
    }
}
