namespace MlOps.Scoring;

/// <summary>The model file: an ONNX graph that ONNX Runtime scores as <see cref="Scorer"/> does.</summary>
public static class OnnxModel
{
    /// <summary>The file's bytes; the same for equal models.</summary>
    public static byte[] Write(TrainedModel model) => throw new NotSupportedException();

    /// <summary>The model whose graph the bytes hold.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">The bytes are no ONNX model (MLO5010), or one that this program does not write (MLO5011).</exception>
    public static TrainedModel Read(ReadOnlySpan<byte> file) => throw new NotSupportedException();
}
