using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>Fits models: the same bytes whatever the number of threads, the CPU and the run.</summary>
public static class Learner
{
    /// <summary>Fits the encoders and the predictor to the training rows; rows without a label are passed over.</summary>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <exception cref="MlOps.Content.DiagnosticException">The options, the label or a feature cannot be used (MLO6001 to MLO6019).</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing remains.</exception>
    public static TrainedModel Fit(Frame train, LearningSpec spec, LearningProgress? progress, int threads, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
