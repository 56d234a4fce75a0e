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

    /// <summary>Sets the first of each feature from the last cell of an input of the kind that the encoder wants.</summary>
    public abstract void Encode(CellList cell, ReadOnlySpan<float[]> features);

    public static ColumnEncoding For(Encoder encoder) => encoder switch
    {
        NumericEncoder numeric => new NumericEncoding(numeric),
        OrdinalEncoder ordinal => new OrdinalEncoding(ordinal),
        OneHotEncoder oneHot => new OneHotEncoding(oneHot),
        CalendarEncoder calendar => new CalendarEncoding(calendar),
        CyclicEncoder cyclic => new CyclicEncoding(cyclic),
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

    public override void Encode(CellList cell, ReadOnlySpan<float[]> features) => features[0][0] = Scaled(cell switch
    {
        NumberCells number => (float)number.Last,
        BooleanCells { Last: not BooleanColumn.Missing and var truth } => truth,
        _ => float.NaN,
    });

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
            feature[r] = Value(cells.At(r));
        }
    }

    public override void Encode(CellList cell, ReadOnlySpan<float[]> features) => features[0][0] = Value(_categories.Of(((TextCell)cell).Last));

    private float Value(int category) =>
        category >= 0 ? _encoder.Values[category] : category == CategoryIndex.Missing ? _encoder.Missing : _encoder.Unknown;
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
            Set(cells.At(r), r, features);
        }
    }

    public override void Encode(CellList cell, ReadOnlySpan<float[]> features)
    {
        foreach (var feature in features)
        {
            feature[0] = 0;
        }

        Set(_categories.Of(((TextCell)cell).Last), 0, features);
    }

    private void Set(int category, int row, ReadOnlySpan<float[]> features)
    {
        category = category == CategoryIndex.Missing ? _missing : category;
        if (category >= 0)
        {
            features[category][row] = 1;
        }
    }
}
