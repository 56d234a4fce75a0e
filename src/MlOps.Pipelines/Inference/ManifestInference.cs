using MlOps.Data;

namespace MlOps.Pipelines.Inference;

/// <summary>Infers a model's declaration from a table and the name of its label. Pure: the same table gives the same answer.</summary>
public static class ManifestInference
{
    /// <summary>Infers task, features, split and trainer, and looks for leaks. Values are judged by the training rows only where the split is given.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">The label, or another column named in the options, cannot be used.</exception>
    public static InferredModel Infer(Frame frame, InferenceOptions options) => throw new NotImplementedException();
}
