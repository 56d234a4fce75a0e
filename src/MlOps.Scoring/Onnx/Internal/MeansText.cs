using System.Buffers.Binary;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>A linear model's training means in the file's metadata: float32, little-endian, in base64.</summary>
internal static class MeansText
{
    /// <summary>The metadata's key.</summary>
    public const string Key = "mlops.means";

    public static string Write(float[] means)
    {
        var bytes = new byte[means.Length * sizeof(float)];
        for (var i = 0; i < means.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), means[i]);
        }

        return Convert.ToBase64String(bytes);
    }

    /// <summary>The model with the means that the text holds, if there is one.</summary>
    /// <exception cref="FormatException">The text is no base64.</exception>
    /// <exception cref="InvalidDataException">The model is not linear, or the text no row of numbers.</exception>
    public static TrainedModel Read(TrainedModel model, string? text)
    {
        if (text is null)
        {
            return model;
        }

        var bytes = Convert.FromBase64String(text);
        if (model.Predictor is not LinearPredictor linear || bytes.Length == 0 || bytes.Length % sizeof(float) != 0)
        {
            throw new InvalidDataException($"the metadata '{Key}' do not fit the model");
        }

        var means = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < means.Length; i++)
        {
            means[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return model with { Predictor = linear with { Means = means } };
    }
}
