using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>The features of the training rows, with the encoders that make them of others.</summary>
/// <param name="Encoders">Dense ones first, in the order of the features.</param>
/// <param name="Matrix">What the encoders make of the training rows, but for target statistics, in which no row's own label counts.</param>
/// <param name="Categories">Per feature, dense ones first, how many categories it numbers, from 0; 0 where its values have an order.</param>
public sealed record TrainingFeatures(IReadOnlyList<Encoder> Encoders, FeatureMatrix Matrix, IReadOnlyList<int> Categories);
