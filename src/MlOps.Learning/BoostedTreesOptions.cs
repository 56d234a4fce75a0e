using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal.Encoders;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What boosted trees lessen when they predict a number.</summary>
public enum RegressionLoss
{
    /// <summary>The squared error: predicts the mean.</summary>
    Squared,

    /// <summary>The absolute error: predicts the median, and outliers weigh no more than others.</summary>
    Absolute,

    /// <summary>The negative log likelihood of counts: predicts the mean of labels of 0 or more, never below 0.</summary>
    Poisson,

    /// <summary>The pinball loss: predicts the value that a share of the labels, <c>quantile</c>, lies below.</summary>
    Quantile,
}

/// <summary>Which way predictions may go as a feature grows.</summary>
public enum MonotoneDirection
{
    /// <summary>They never fall.</summary>
    Increasing,

    /// <summary>They never rise.</summary>
    Decreasing,
}

/// <summary>Ends the boosting when it no longer helps on rows that no tree learns from, and keeps the rounds up to the best one.</summary>
public sealed record EarlyStoppingOptions
{
    /// <summary>Rounds without a better loss before it ends: 1 to 10000; default 20.</summary>
    public int Rounds { get; set; } = 20;

    /// <summary>Share of the training rows to look at instead: the last ones where the model's split is by time, whole groups where it is by group, else chosen by their content: 0.01 to 0.5; default 0.1.</summary>
    public double Share { get; set; } = 0.1;
}

/// <summary>Histogram gradient-boosted decision trees, grown leaf by leaf: logistic or softmax loss for classes, for numbers the one of <c>loss</c>.</summary>
public sealed record BoostedTreesOptions : TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    public const string TrainerName = "boosted-trees";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => TrainerName;

    /// <summary>Rounds of boosting, each one tree (for multiclass one per class): 1 to 10000; default 200.</summary>
    public int Trees { get; set; } = 200;

    /// <summary>Most leaves of a tree: 2 to 4096; default 31.</summary>
    public int Leaves { get; set; } = 31;

    /// <summary>What each tree's scores are multiplied by: 0.0001 to 1; default 0.1.</summary>
    public double LearningRate { get; set; } = 0.1;

    /// <summary>Fewest training rows in a leaf: 1 to 1000000; default 20.</summary>
    public int MinRows { get; set; } = 20;

    /// <summary>Least sum of second derivatives in a leaf: 0 to 1e9; default 0.001.</summary>
    public double MinHessian { get; set; } = 0.001;

    /// <summary>Penalty on the square of a leaf's score: 0 to 1e9; default 1.</summary>
    public double L2 { get; set; } = 1;

    /// <summary>Most bins that a feature's values are counted in: 2 to 255; default 255.</summary>
    public int Bins { get; set; } = 255;

    /// <summary>Penalty on the size of a leaf's score: 0 to 1e9; default 0.</summary>
    public double L1 { get; set; }

    /// <summary>Most splits between a tree's root and a leaf: 1 to 1000; 0, the default, for as many as there are.</summary>
    public int MaxDepth { get; set; }

    /// <summary>For task <c>regression</c>, what is lessened: <c>squared</c>, <c>absolute</c>, <c>poisson</c> or <c>quantile</c>; default <c>squared</c>.</summary>
    public RegressionLoss Loss { get; set; }

    /// <summary>For loss <c>quantile</c>, the share of labels that lies below the prediction: 0.001 to 0.999; default 0.5.</summary>
    public double Quantile { get; set; } = 0.5;

    /// <summary>Share of the training rows that each round learns from, chosen by content and <c>seed</c>: 0.01 to 1; default 1.</summary>
    public double RowShare { get; set; } = 1;

    /// <summary>Share of the features that each tree may use, at least one, chosen by content and <c>seed</c>: 0.001 to 1; default 1.</summary>
    public double FeatureShare { get; set; } = 1;

    /// <summary>Changes what <c>rowShare</c>, <c>featureShare</c> and <c>earlyStopping</c> choose: 0 to 1e9; default 0.</summary>
    public int Seed { get; set; }

    /// <summary>Ends before all <c>trees</c> are grown when more of them no longer help; without it none is left out.</summary>
    public EarlyStoppingOptions? EarlyStopping { get; set; }

    /// <summary>Numeric features that predictions may only rise or only fall with; for binary the probability of the positive class.</summary>
    public Dictionary<string, MonotoneDirection>? Monotone { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => TreeOptionsCheck.Check(train, spec, this);

    /// <inheritdoc/>
    public override TrainedModel Fit(Training training) => training.Fit(features =>
        Boosting.Fit(features.Matrix, training, this, TreeOptionsCheck.Directions(features.Encoders, this), [.. features.Categories]));

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureUse Use => FeatureUse.Ordered;

    /// <inheritdoc/>
    protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() =>
    [
        ("trees", Trees, 1, 10_000),
        ("leaves", Leaves, 2, 4096),
        ("learningRate", LearningRate, 0.0001, 1),
        ("minRows", MinRows, 1, 1_000_000),
        ("minHessian", MinHessian, 0, 1e9),
        ("l2", L2, 0, 1e9),
        ("bins", Bins, 2, 255),
        ("l1", L1, 0, 1e9),
        ("maxDepth", MaxDepth, 0, 1000),
        ("quantile", Quantile, 0.001, 0.999),
        ("rowShare", RowShare, 0.01, 1),
        ("featureShare", FeatureShare, 0.001, 1),
        ("seed", Seed, 0, 1_000_000_000),
        .. EarlyStopping is { } stopping
            ? [("earlyStopping.rounds", stopping.Rounds, 1, 10_000), ("earlyStopping.share", stopping.Share, 0.01, 0.5)]
            : Array.Empty<(string, double, double, double)>(),
    ];
}
