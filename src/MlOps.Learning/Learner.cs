using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Calibration;
using MlOps.Learning.Internal.Encoders;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>Fits models: the same bytes whatever the number of threads, the CPU and the run.</summary>
public static class Learner
{
    /// <summary>Fits the encoders and the predictor to the training rows; rows without a label are passed over.</summary>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <param name="warn">Told of what does not end the learning, such as a solver that ended before its goal (MLO6071).</param>
    /// <exception cref="DiagnosticException">The options, the label or a feature cannot be used (MLO6001 to MLO6019, MLO6050 to MLO6056), or calibration is asked for and
    /// cannot be had (MLO6041 to MLO6043).</exception>
    /// <exception cref="ArgumentException">The trainer takes a model that was fitted elsewhere.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing remains.</exception>
    public static TrainedModel Fit(Frame train, LearningSpec spec, LearningProgress? progress, int threads, CancellationToken cancellationToken, Action<Diagnostic>? warn = null) =>
        spec.Trainer.Source is null ? Fit(train, spec, default, new(progress, threads, warn), cancellationToken)
            : throw new ArgumentException("a model from a file is adopted, not fitted", nameof(spec));

    /// <summary>Takes a model that another program fitted to the training rows, from its file.</summary>
    /// <exception cref="DiagnosticException">The label or a feature cannot be used (MLO6002 to MLO6015), or the file is no model for them (MLO5010 to
    /// MLO5014).</exception>
    public static TrainedModel Adopt(Frame train, LearningSpec spec, ReadOnlyMemory<byte> file) => Fit(train, spec, file, new(null, 1, null), default);

    private static TrainedModel Fit(Frame train, LearningSpec spec, ReadOnlyMemory<byte> source, Circumstances how, CancellationToken cancellationToken)
    {
        ThrowIfWrong(train, spec);
        var labels = Labels.Read(train, spec);
        var rows = labels.Rows.Length == train.RowCount ? train : train.Select(labels.Rows);
        using var workers = new Workers(how.Threads, cancellationToken);
        var model = spec.Trainer.Fit(new(rows, spec, new(labels, RowWeights.Read(train, spec, labels.Rows)), workers, how.Progress, source, how.Warn));
        return spec is { Calibrate: null, Costs: null } ? model
            : Calibrator.Apply(model, rows, labels, spec, (part, plain) => Fit(part, plain, default, how with { Warn = null }, cancellationToken));
    }

    /// <summary>What changes no model.</summary>
    private readonly record struct Circumstances(LearningProgress? Progress, int Threads, Action<Diagnostic>? Warn);

    private static void ThrowIfWrong(Frame train, LearningSpec spec)
    {
        List<Diagnostic> found = [.. spec.Trainer.Validate(), .. spec.CheckCalibration().Select(wrong => wrong.Diagnostic)];
        found.AddRange(spec.Features.SelectMany(f => f.Options.Validate(spec.Trainer).Select(wrong => wrong.Diagnostic with { Where = FeatureColumns.At(f.Column, wrong.Member) })));
        if (train.TryGet(spec.Label, out _))
        {
            found.AddRange(FeatureColumns.Check(train, spec));
            found.AddRange(spec.Trainer.Check(train, spec));
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException(found);
        }
    }
}
