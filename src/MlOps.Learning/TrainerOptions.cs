using System.Globalization;
using System.Text.Json.Serialization;
using MlOps.Content;

namespace MlOps.Learning;

/// <summary>How a learner is set; <c>trainer</c> in <c>model.json</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "name")]
[JsonDerivedType(typeof(BoostedTreesOptions), BoostedTreesOptions.TrainerName)]
[JsonDerivedType(typeof(LinearOptions), LinearOptions.TrainerName)]
[JsonDerivedType(typeof(OnnxOptions), OnnxOptions.TrainerName)]
public abstract record TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>What is out of range (MLO6001), in the order of the options; empty if all is well.</summary>
    public IReadOnlyList<Diagnostic> Validate()
    {
        var found = new List<Diagnostic>();
        foreach (var (option, value, min, max) in Ranges())
        {
            if (!(value >= min && value <= max))
            {
                found.Add(new("MLO6001", string.Create(CultureInfo.InvariantCulture, $"option '{option}' of trainer '{Name}' is out of range"))
                {
                    Why = string.Create(CultureInfo.InvariantCulture, $"it is {value}; allowed is {min} to {max}"),
                    Mend = string.Create(CultureInfo.InvariantCulture, $"set '{option}' to a number from {min} to {max}, or remove it for the default"),
                });
            }
        }

        return found;
    }

    /// <summary>Every number with its inclusive range, under its name in JSON.</summary>
    private protected abstract IEnumerable<(string Option, double Value, double Min, double Max)> Ranges();
}

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

    /// <summary>Share of the training rows to look at instead, chosen by their content: 0.01 to 0.5; default 0.1.</summary>
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
    private protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() =>
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

/// <summary>A weighted sum of standardised features: least squares, logistic or multinomial regression, with a quadratic penalty.</summary>
/// <remarks>Minimises <c>Σ loss(row) + ½·L2·Σ weight²</c>; a row's loss is half its squared error, or its negative log likelihood; intercepts are
/// free.</remarks>
public sealed record LinearOptions : TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    public const string TrainerName = "linear";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => TrainerName;

    /// <summary>The penalty: 0 to 1e9; default 0.1.</summary>
    public double L2 { get; set; } = 0.1;

    /// <summary>Most steps of the iterative solver: 1 to 100000; default 500.</summary>
    public int MaxIterations { get; set; } = 500;

    /// <summary>The solver ends when no partial derivative, divided by the number of rows, is larger: 1e-12 to 1; default 1e-6.</summary>
    public double Tolerance { get; set; } = 1e-6;

    /// <inheritdoc/>
    private protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() =>
    [
        ("l2", L2, 0, 1e9),
        ("maxIterations", MaxIterations, 1, 100_000),
        ("tolerance", Tolerance, 1e-12, 1),
    ];
}

/// <summary>No learner of ours: the model is an ONNX file that a run step writes, or that lies in the workspace.</summary>
public sealed record OnnxOptions : TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    public const string TrainerName = "onnx";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => TrainerName;

    /// <summary>The file: as a run step of the model writes it, else as a run step of the workspace does, else in the model's folder.</summary>
    public required string File { get; set; }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() => [];
}
