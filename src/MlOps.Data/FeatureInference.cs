namespace MlOps.Data;

/// <summary>What a column probably means, and why.</summary>
/// <param name="Reason">One clause in lower case without a full stop, for people.</param>
public sealed record InferredKind(FeatureKind Kind, string Reason);

/// <summary>Tells what a column means to a model from its cells.</summary>
public static class FeatureInference
{
    /// <summary>Infers the kind of one column.</summary>
    /// <exception cref="KeyNotFoundException">The frame has no such column.</exception>
    public static InferredKind Infer(Frame frame, string column) => throw new NotImplementedException();
}
