using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal.Calibration;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What to learn: the task, the column to predict, the columns to predict it from, and how.</summary>
/// <param name="Label">The column to predict; rows without it are not learnt from.</param>
/// <param name="Positive">For binary the class whose probability is predicted, as canonical text; null takes 1, true or yes (any case), else the
/// rarer one.</param>
/// <param name="Features">In this order they enter the model; each column once, never the label.</param>
/// <param name="Weight">A column of positive numbers: how much each row counts in learning, relative to the others; null where all count the same.</param>
public sealed record LearningSpec(ModelTask Task, string Label, string? Positive, IReadOnlyList<FeatureSpec> Features, TrainerOptions Trainer,
    string? Weight = null)
{
    /// <summary>Binary: how scores become probabilities; null leaves them as the trainer gives them.</summary>
    public CalibrationKind? Calibrate { get; init; }

    /// <summary>Binary: what wrong predictions cost, which decides the threshold; null is 0.5.</summary>
    public ErrorCosts? Costs { get; init; }

    /// <summary>What parts training rows as the split parts them from the test rows: a key (<see cref="SplitBy.Group"/>) stays in one fold of calibrations, thresholds
    /// and target statistics, and on one side of early stopping; with <see cref="SplitBy.Time"/> no fold of the first two is scored by a model of later rows, and early stopping looks at the
    /// last rows; null, and anything else, takes the hash of the row. Its column is among the rows.</summary>
    public SplitSpec? Folds { get; init; }

    /// <summary>What of calibration and threshold the task and the trainer cannot have (MLO6042), or is out of range (MLO6043), each with its member in
    /// <c>model.json</c>.</summary>
    public IReadOnlyList<(string Member, Diagnostic Diagnostic)> CheckCalibration() => Calibrator.Check(this);
}

/// <summary>A column to learn from.</summary>
/// <param name="Options">What it means and how it enters; <see cref="IdentifierFeature"/> is refused.</param>
public sealed record FeatureSpec(string Column, FeatureOptions Options)
{
    /// <summary>A column of which only the kind is said.</summary>
    public FeatureSpec(string column, FeatureKind kind)
        : this(column, FeatureOptions.Of(kind))
    {
    }

    /// <summary>What it means.</summary>
    public FeatureKind Kind => Options.Kind;
}

/// <summary>Hears how far the learning is; called on the caller's thread, seldom enough to print each time.</summary>
/// <param name="stage">What is being done: <c>encode</c>, <c>bin</c>, <c>trees</c>, <c>iterations</c>.</param>
/// <param name="done">0 to <paramref name="total"/>.</param>
public delegate void LearningProgress(string stage, int done, int total);
