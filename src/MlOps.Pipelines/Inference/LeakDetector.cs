using MlOps.Content;
using MlOps.Data;

namespace MlOps.Pipelines.Inference;

/// <summary>Finds columns that give the label away.</summary>
public static class LeakDetector
{
    /// <summary>Warnings (MLO21xx) about columns that nearly determine the label, alone or added up, or that only exist after the fact.</summary>
    public static IReadOnlyList<Diagnostic> Find(Frame training, InferredModel model, string where) => throw new NotImplementedException();
}
