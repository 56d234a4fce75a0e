using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal.Encoders;
using MlOps.Learning.Internal.Linear;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>A weighted sum of standardised features: least squares, logistic or multinomial regression, with penalties on the weights' sizes and squares.</summary>
/// <remarks>Minimises <c>Σ loss(row) + L1·Σ |weight| + ½·L2·Σ weight²</c> (the elastic net); a row's loss is half its squared error, or its negative log
/// likelihood, times the row's weight; intercepts are free. L1 leaves weights that do not pay at exactly 0.</remarks>
public sealed record LinearOptions : TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    public const string TrainerName = "linear";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => TrainerName;

    /// <summary>The penalty on the weights' squares: 0 to 1e9; default 0.1.</summary>
    public double L2 { get; set; } = 0.1;

    /// <summary>The penalty on the weights' sizes: 0 to 1e9; default 0.</summary>
    public double L1 { get; set; }

    /// <summary>Most steps of the iterative solver: 1 to 100000; default 500.</summary>
    public int MaxIterations { get; set; } = 500;

    /// <summary>The solver ends when no partial derivative, divided by the number of rows, is larger: 1e-12 to 1; default 1e-6.</summary>
    public double Tolerance { get; set; } = 1e-6;

    /// <inheritdoc/>
    public override IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => NumberFit.Check(train, spec);

    /// <inheritdoc/>
    public override TrainedModel Fit(Training training) => training.Fit(features => LinearFit.Fit(features.Matrix, training, this));

    /// <inheritdoc/>
    protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() =>
    [
        ("l2", L2, 0, 1e9),
        ("l1", L1, 0, 1e9),
        ("maxIterations", MaxIterations, 1, 100_000),
        ("tolerance", Tolerance, 1e-12, 1),
    ];
}
