using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>An encoder of sparse features ready to run.</summary>
internal abstract class SparseEncoding(Encoder encoder)
{
    public string Column { get; } = encoder.Column;

    public int Width { get; } = encoder.Width;

    /// <summary>Whether the column's cells can be encoded; one without any present cell always can.</summary>
    public abstract bool Takes(Column column);

    /// <summary>What it takes, in words for a diagnostic.</summary>
    public abstract string Wanted { get; }

    /// <summary>Appends a row's entries, ascending by feature, their indices shifted by <paramref name="offset"/>.</summary>
    public abstract void Encode(Column column, int row, int offset, SparseBuilder rows);

    /// <summary>As <see cref="Encode(MlOps.Data.Column, int, int, SparseBuilder)"/>, of a text.</summary>
    public abstract void Encode(ReadOnlySpan<char> text, int offset, SparseBuilder rows);

    public static SparseEncoding For(Encoder encoder) => encoder switch
    {
        TextEncoder text => new TextEncoding(text),
        HashEncoder hash => new HashEncoding(hash),
        _ => throw new ArgumentException($"{encoder.GetType().Name} makes no sparse features", nameof(encoder)),
    };
}

internal sealed class HashEncoding(HashEncoder encoder) : SparseEncoding(encoder)
{
    public override string Wanted => "categories";

    public override bool Takes(Column column) => true;

    public override void Encode(Column column, int row, int offset, SparseBuilder rows)
    {
        if (column.IsMissing(row))
        {
            return;
        }

        Span<char> text = stackalloc char[32];
        Encode(column is NumberColumn { Values: var values } ? text[..CellText.Format(values[row], text)] : column.Text(row), offset, rows);
    }

    public override void Encode(ReadOnlySpan<char> text, int offset, SparseBuilder rows)
    {
        if (encoder.BucketOf(text) is >= 0 and var bucket)
        {
            rows.Add(offset + bucket, 1);
        }
    }
}
