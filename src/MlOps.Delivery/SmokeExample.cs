using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Delivery;

/// <summary>What a prediction must be.</summary>
public abstract record Expectation
{
    /// <summary>A number within bounds, both inclusive; null is no bound. For a binary model it is the positive class's probability, for several
    /// classes the most probable one's.</summary>
    public sealed record Range(double? Min, double? Max) : Expectation;

    /// <summary>The class that must be the most probable.</summary>
    public sealed record Label(string Class) : Expectation;

    /// <summary>A number at most <paramref name="Tolerance"/> away, as float32 where the tolerance is 0.</summary>
    public sealed record Equal(double Value, double Tolerance = 0) : Expectation;
}

/// <summary>A declared example: <c>serve.examples</c> of <c>model.json</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Input">One row as a JSON object, column name to value.</param>
/// <param name="Expect">What the prediction must be; null asks only for an answer.</param>
public sealed record SmokeExample(string Model, string Input, Expectation? Expect);

/// <summary>Rows that the model did not learn from, with what the trained model says of them.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Rows">At least what callers send; other columns are not sent.</param>
/// <param name="Expected">As many rows; served predictions must equal these float32 numbers exactly.</param>
public sealed record HeldOutRows(string Model, Frame Rows, Predictions Expected)
{
    /// <summary>The columns that callers send: of a model that computes some of its inputs, those that its functions take in their stead.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [.. Expected.Signature.Inputs.Select(input => input.Name)];
}
