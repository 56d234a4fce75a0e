using System.Globalization;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Scores;

/// <summary>Writes predictions as CSV and sums them up: the columns kept, then <c>prediction</c>, the probabilities of a classification, and reasons.</summary>
/// <param name="reasons">Null gives none.</param>
internal sealed class PredictionWriter(TextWriter writer, Signature signature, IReadOnlyList<string> kept, Reasons? reasons = null)
{
    private readonly long[] _classes = new long[signature.Classes.Count];
    private double _sum;

    public long Rows { get; private set; }

    public float Least { get; private set; } = float.PositiveInfinity;

    public float Greatest { get; private set; } = float.NegativeInfinity;

    public double Mean => _sum / Rows;

    /// <summary>How many rows each class was predicted for, in the signature's order.</summary>
    public IReadOnlyList<long> Classes => _classes;

    /// <summary>The columns that predictions of a model fill.</summary>
    public static IReadOnlyList<string> Columns(Signature signature, bool withReasons = false) =>
    [
        .. signature.Task switch
        {
            ModelTask.Regression => ["prediction"],
            ModelTask.Binary => ["prediction", "probability"],
            _ => (IReadOnlyList<string>)["prediction", .. signature.Classes.Select(name => $"probability_{name}")],
        },
        .. withReasons ? Reasons.Columns(signature) : [],
    ];

    public void WriteHeader()
    {
        var first = true;
        foreach (var name in kept.Concat(Columns(signature, reasons is not null)))
        {
            writer.Write(first ? "" : ",");
            CsvFile.WriteCell(writer, name);
            first = false;
        }

        writer.Write('\n');
    }

    /// <param name="part">Rows as they were read.</param>
    /// <param name="predictions">What the model says of them.</param>
    /// <param name="inputs">The same rows as the model takes them; needed for reasons.</param>
    public void Write(Frame part, Predictions predictions, Frame? inputs = null)
    {
        var copied = kept.Select(name => part[name]).ToArray();
        for (var row = 0; row < predictions.Rows; row++)
        {
            foreach (var column in copied)
            {
                CsvFile.WriteCell(writer, column.Text(row) ?? "");
                writer.Write(',');
            }

            if (signature.Task == ModelTask.Regression)
            {
                WriteNumber(predictions, row);
            }
            else
            {
                WriteClass(predictions, row);
            }

            if (reasons is not null)
            {
                WriteReasons(reasons.Of(inputs!, row, signature.Task == ModelTask.Multiclass ? predictions.ClassIndex(row) : 0));
            }

            writer.Write('\n');
        }

        Rows += predictions.Rows;
    }

    private void WriteNumber(Predictions predictions, int row)
    {
        var value = predictions.Row(row)[0];
        (Least, Greatest, _sum) = (Math.Min(Least, value), Math.Max(Greatest, value), _sum + value);
        Write(value);
    }

    private void WriteClass(Predictions predictions, int row)
    {
        var predicted = predictions.ClassIndex(row);
        _classes[predicted]++;
        CsvFile.WriteCell(writer, signature.Classes[predicted]);
        foreach (var probability in signature.Task == ModelTask.Binary ? predictions.Row(row)[1..] : predictions.Row(row))
        {
            writer.Write(',');
            Write(probability);
        }
    }

    private void WriteReasons((double Base, ReadOnlyMemory<double> Contributions) row)
    {
        writer.Write(',');
        Write((float)row.Base);
        foreach (var contribution in row.Contributions.Span)
        {
            writer.Write(',');
            Write((float)contribution);
        }
    }

    /// <summary>The shortest text that reads back as the same float32.</summary>
    private void Write(float value)
    {
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        writer.Write(text[..length]);
    }
}
