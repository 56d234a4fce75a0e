using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Turns columns into features: the one implementation that training and scoring share.</summary>
public static class FeatureEncoding
{
    /// <summary>The features of every row, in the encoders' order.</summary>
    /// <remarks>A column whose cells are all missing is taken whatever its type. An empty text is a missing category.</remarks>
    /// <param name="encoders">Those of sparse features last.</param>
    /// <param name="frame">Has the encoders' columns; others are ignored.</param>
    /// <exception cref="MlOps.Content.DiagnosticException">A column is missing (MLO5001) or has a type that its encoder cannot take (MLO5002).</exception>
    public static FeatureMatrix Encode(IReadOnlyList<Encoder> encoders, Frame frame) =>
        new FrameEncoding(encoders).Encode(frame);
}
