namespace MlOps.Scoring;

/// <summary>What a model says of rows.</summary>
/// <param name="Values">Row-major, rows × <see cref="Signature.Outputs"/>: the number predicted, or a probability per class in the signature's order.</param>
public sealed record Predictions(Signature Signature, float[] Values)
{
    /// <summary>Number of rows.</summary>
    public int Rows => Values.Length / Signature.Outputs;

    /// <summary>Row r's values: one number, or a probability per class.</summary>
    public ReadOnlySpan<float> Row(int r) => Values.AsSpan(r * Signature.Outputs, Signature.Outputs);

    /// <summary>Row r's most probable class (the first of equals); for binary the positive one from 0.5 up.</summary>
    public string Class(int r) => Signature.Classes[ClassIndex(r)];

    /// <summary>The place of <see cref="Class"/> among the signature's classes.</summary>
    public int ClassIndex(int r)
    {
        var row = Row(r);
        if (Signature.Task == ModelTask.Binary)
        {
            return row[1] >= 0.5f ? 1 : 0;
        }

        var best = 0;
        for (var k = 1; k < row.Length; k++)
        {
            best = row[k] > row[best] ? k : best;
        }

        return best;
    }
}
