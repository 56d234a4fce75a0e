using MlOps.Data;

namespace MlOps.Scoring;

/// <summary>Scores rows with a model; safe to use from several threads at once.</summary>
public sealed class Scorer
{
    private readonly TrainedModel _model;

    /// <summary>Prepares a model for scoring.</summary>
    public Scorer(TrainedModel model) => _model = model;

    /// <summary>What goes in and what comes out.</summary>
    public Signature Signature => _model.Signature;

    /// <summary>The model's predictions for every row. Columns that the signature does not name are ignored.</summary>
    /// <exception cref="MlOps.Content.DiagnosticException">A column is missing (MLO5001) or has a type that cannot be taken (MLO5002).</exception>
    public Predictions Predict(Frame frame) => throw new NotSupportedException();

    /// <summary>The model's predictions for rows encoded before by its own encoders.</summary>
    public Predictions Predict(FeatureMatrix features) => throw new NotSupportedException();
}
