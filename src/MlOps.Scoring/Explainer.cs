using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Explains a model's raw scores by its columns, exactly; safe to use from several threads at once.</summary>
/// <remarks>
/// Trees: Shapley values of the path-dependent expectation (TreeSHAP: Lundberg, Erion and Lee 2018, <see href="https://arxiv.org/abs/1802.03888"/>; Lundberg et al. 2020,
/// <see href="https://doi.org/10.1038/s42256-019-0138-9"/>): where a feature is unknown, a row goes both ways at its nodes, weighed by <see cref="Tree.Cover"/>; both weigh the same
/// where no training row came. Linear models: <c>weight × (x − mean)</c> with <see cref="LinearPredictor.Means"/>. Either way the values of the features that encoders make of a
/// column (one-hot, calendar parts, terms) add up to the column's. Everything adds up in double in a fixed order: the same bits on every machine.
/// </remarks>
public sealed class Explainer
{
    private readonly Signature _signature;
    private readonly FrameEncoding _encoding;
    private readonly Attribution _attribution;

    /// <summary>Prepares a model for explaining.</summary>
    /// <exception cref="ArgumentException">The model contradicts itself.</exception>
    /// <exception cref="DiagnosticException">MLO5020: the model does not say how the training rows lay (<see cref="CanExplain"/>).</exception>
    public Explainer(TrainedModel model)
    {
        ModelCheck.Check(model);
        if (!CanExplain(model))
        {
            throw new DiagnosticException(new Diagnostic("MLO5020", "the model cannot be explained")
            {
                Why = $"its file does not say {(model.Predictor is TreeEnsemble ? "how many training rows came to each node of its trees" : "the training rows' means")}",
                Mend = "train the model again: files written from now on say so",
            });
        }

        _signature = model.Signature;
        _encoding = new(model.Encoders);
        var columns = Columns(model);
        _attribution = model.Predictor switch
        {
            LinearPredictor linear => new LinearAttribution(linear, columns, model.Signature.Inputs.Count),
            TreeEnsemble ensemble => new TreeAttribution(ensemble, columns, model.Signature.Inputs.Count),
            _ => throw new ArgumentException($"unknown predictor {model.Predictor.GetType().Name}", nameof(model)),
        };
    }

    /// <summary>Whether a model says how its training rows lay; files of before it was recorded do not.</summary>
    public static bool CanExplain(TrainedModel model) => model.Predictor switch
    {
        LinearPredictor linear => linear.Means.Length == linear.Weights[0].Length,
        TreeEnsemble ensemble => ensemble.Trees.All(tree => tree.Cover.Length > 0),
        _ => false,
    };

    /// <summary>Every row's contributions. Columns that no encoder needs are ignored.</summary>
    /// <exception cref="DiagnosticException">A column is missing (MLO5001) or has a type that cannot be taken (MLO5002).</exception>
    public Explanations Explain(Frame frame) => Explain(_encoding.Encode(frame));

    /// <summary>The contributions to rows that the model's own encoders made before.</summary>
    public Explanations Explain(FeatureMatrix features)
    {
        var size = _attribution.BaseValues.Length * _signature.Inputs.Count;
        var contributions = new double[features.Rows * size];
        _attribution.AddTo(features, contributions);
        return new(_signature, [.. _attribution.BaseValues], contributions);
    }

    // Per feature the place of its column among the inputs.
    private static int[] Columns(TrainedModel model)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var input in model.Signature.Inputs)
        {
            places.Add(input.Name, places.Count);
        }

        return [.. model.Encoders.SelectMany(encoder => Enumerable.Repeat(places[encoder.Column], encoder.Width))];
    }
}
