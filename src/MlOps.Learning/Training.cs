using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Encoders;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What a trainer learns from: rows that all have a label, and how to go about it.</summary>
public sealed class Training
{
    private readonly LearningSpec _spec;
    private readonly Action<Diagnostic>? _warn;

    internal Training(Frame rows, LearningSpec spec, FitRows truth, Workers workers, LearningProgress? progress, ReadOnlyMemory<byte> source, Action<Diagnostic>? warn) =>
        (Rows, _spec, Truth, Workers, Progress, Source, _warn) = (rows, spec, truth, workers, progress, source, warn);

    /// <summary>The rows, with all columns.</summary>
    public Frame Rows { get; }

    /// <summary>What the model takes and predicts.</summary>
    public Signature Signature => Truth.Labels.Signature;

    /// <summary>For regression the label of each row; else empty.</summary>
    public IReadOnlyList<double> Numbers => Truth.Labels.Numbers;

    /// <summary>For classification the class of each row as an index into the signature's; else empty.</summary>
    public IReadOnlyList<int> Classes => Truth.Labels.Classes;

    /// <summary>How much each row counts, on average 1; null where all count the same.</summary>
    public IReadOnlyList<double>? Weights => Truth.Weights;

    /// <summary>The bytes of <see cref="TrainerOptions.Source"/>; empty where the trainer names none.</summary>
    public ReadOnlyMemory<byte> Source { get; }

    /// <summary>Threads to use, 1 or more.</summary>
    public int Threads => Workers.Threads;

    /// <summary>Hears how far the learning is, if anyone does.</summary>
    public LearningProgress? Progress { get; }

    /// <summary>To be looked at now and then.</summary>
    public CancellationToken Cancellation => Workers.Cancellation;

    /// <summary>Tells whoever trains of something that does not end it.</summary>
    /// <param name="found">A warning.</param>
    public void Warn(Diagnostic found) => _warn?.Invoke(found);

    internal FitRows Truth { get; }

    /// <summary>What parts the rows, where not their content.</summary>
    internal SplitSpec? Folds => _spec.Folds;

    internal Workers Workers { get; }

    /// <summary>A model of encoders and a predictor, each fitted to the rows; where a feature's column is empty there is no encoder.</summary>
    /// <param name="fit">The predictor over all encoders' features.</param>
    /// <exception cref="DiagnosticException">MLO6014: no column has anything in it.</exception>
    public TrainedModel Fit(Func<TrainingFeatures, Predictor> fit)
    {
        Progress?.Invoke("encode", 0, 1);
        var features = FeatureFit.Of(Rows, _spec, Truth);
        Progress?.Invoke("encode", 1, 1);
        return Known(new(Signature, features.Encoders, fit(features) ?? throw new InvalidOperationException("the trainer gave no predictor")), features.Matrix);
    }

    /// <summary>The model with what explanations need to know of the rows, where it does not know it.</summary>
    internal TrainedModel Known(TrainedModel model, FeatureMatrix? features = null) => Explainer.CanExplain(model) ? model
        : model with { Predictor = Background.Of(model.Predictor, features ?? FeatureEncoding.Encode(model.Encoders, Rows)) };

    /// <summary>Of each row's features and label.</summary>
    internal ulong[] Hashes() => RowHash.Of(Rows.WithOnly(_spec.Features.Select(f => f.Column).Append(_spec.Label)));
}
