using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Learning.Internal.Calibration;
using MlOps.Learning.Internal.Encoders;
using MlOps.Learning.Internal.Linear;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>Fits models: the same bytes whatever the number of threads, the CPU and the run.</summary>
public static class Learner
{
    /// <summary>Fits the encoders and the predictor to the training rows; rows without a label are passed over.</summary>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <exception cref="DiagnosticException">The options, the label or a feature cannot be used (MLO6001 to MLO6019, MLO6050 to MLO6056), or calibration is asked for and
    /// cannot be had (MLO6041 to MLO6043).</exception>
    /// <exception cref="ArgumentException">The trainer is <see cref="OnnxOptions"/>, whose model is adopted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing remains.</exception>
    public static TrainedModel Fit(Frame train, LearningSpec spec, LearningProgress? progress, int threads, CancellationToken cancellationToken)
    {
        if (spec.Trainer is OnnxOptions)
        {
            throw new ArgumentException("a model from a file is adopted, not fitted", nameof(spec));
        }

        ThrowIfWrong(train, spec);
        var labels = Labels.Read(train, spec);
        var rows = labels.Rows.Length == train.RowCount ? train : train.Select(labels.Rows);
        var weights = RowWeights.Read(train, spec, labels.Rows);
        using var workers = new Workers(threads, cancellationToken);

        progress?.Invoke("encode", 0, 1);
        var (encoders, features) = FeatureFit.Of(rows, spec, labels);
        progress?.Invoke("encode", 1, 1);

        Predictor predictor = spec.Trainer switch
        {
            BoostedTreesOptions options => Boosting.Fit(features, new(labels, weights), options, TreeOptionsCheck.Directions(encoders, options),
                () => RowHash.Of(rows.WithOnly(spec.Features.Select(f => f.Column).Append(spec.Label))), workers, progress),
            LinearOptions options => Background.Of(LinearFit.Fit(features, labels, options, workers, progress), features),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var model = new TrainedModel(labels.Signature, encoders, predictor);
        return spec is { Calibrate: null, Costs: null } ? model
            : Calibrator.Apply(model, rows, labels, spec, (part, plain) => Fit(part, plain, progress, threads, cancellationToken));
    }

    /// <summary>Takes a model that another program fitted to the training rows, from its ONNX file.</summary>
    /// <exception cref="DiagnosticException">The label or a feature cannot be used (MLO6002 to MLO6015), or the file is no model for them (MLO5010 to
    /// MLO5014).</exception>
    public static TrainedModel Adopt(Frame train, LearningSpec spec, ReadOnlySpan<byte> file)
    {
        ThrowIfWrong(train, spec);
        var labels = Labels.Read(train, spec);
        var model = OnnxModel.Adopt(file, labels.Signature);
        return Explainer.CanExplain(model) ? model
            : model with { Predictor = Background.Of(model.Predictor, FeatureEncoding.Encode(model.Encoders, train.Select(labels.Rows))) };
    }

    private static void ThrowIfWrong(Frame train, LearningSpec spec)
    {
        List<Diagnostic> found = [.. spec.Trainer.Validate(), .. spec.CheckCalibration().Select(wrong => wrong.Diagnostic)];
        found.AddRange(spec.Features.SelectMany(f => f.Options.Validate(spec.Trainer).Select(wrong => wrong.Diagnostic with { Where = FeatureColumns.At(f.Column, wrong.Member) })));
        if (train.TryGet(spec.Label, out _))
        {
            found.AddRange(FeatureColumns.Check(train, spec));
            found.AddRange(TreeOptionsCheck.Check(train, spec));
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException(found);
        }
    }
}
