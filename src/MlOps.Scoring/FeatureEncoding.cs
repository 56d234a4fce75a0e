using MlOps.Data;

namespace MlOps.Scoring;

/// <summary>Turns columns into features: the one implementation that training and scoring share.</summary>
public static class FeatureEncoding
{
    /// <summary>The features of every row, in the encoders' order.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">A column is missing (MLO5001) or has a type that its encoder cannot take (MLO5002).</exception>
    public static FeatureMatrix Encode(IReadOnlyList<Encoder> encoders, Frame frame) => throw new NotSupportedException();
}
