using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>A trainer of the model's own code: a public class or record that derives from <c>MlOps.Learning.TrainerOptions</c>; every other key is an option of it, a public property
/// with a setter, in camelCase.</summary>
/// <remarks>It stands for the trainer wherever the model's code is not run: then nothing is known of its options but their names and values.</remarks>
public sealed record CodeTrainer : TrainerOptions
{
    /// <summary>The name in JSON; it may be left out where <c>code</c> is given.</summary>
    public const string TrainerName = "code";

    /// <summary>The full name of the type.</summary>
    public required string Code { get; init; }

    /// <summary>Its options as declared.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Options { get; set; }

    /// <summary>The trainer itself, where the model's code is run; else null.</summary>
    [JsonIgnore]
    public TrainerOptions? Own { get; set; }

    /// <summary>Those of its options that are whole numbers, as far as they are known.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> Whole { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Code;

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureUse Use => Own?.Use ?? base.Use;

    /// <inheritdoc/>
    public override IReadOnlyList<Diagnostic> Validate() => Own?.Validate() ?? [];

    /// <inheritdoc/>
    public override IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => Own?.Check(train, spec) ?? [];

    /// <inheritdoc/>
    /// <exception cref="DiagnosticException">MLO6080: what it gives is no model of these rows.</exception>
    public override TrainedModel Fit(Training training)
    {
        var model = (Own ?? throw new InvalidOperationException($"trainer '{Code}' is run where the model's code is")).Fit(training) ?? throw Wrong("it returned null");
        try
        {
            var (asked, given) = (training.Signature, model.Signature);
            if (given.Task != asked.Task || given.Label != asked.Label || !given.Classes.SequenceEqual(asked.Classes) || !given.Inputs.SequenceEqual(asked.Inputs))
            {
                throw Wrong("its signature is not the one that Training.Signature asks for");
            }

            model.Validate();
        }
        catch (ArgumentException contradiction)
        {
            throw Wrong(contradiction.Message);
        }

        return training.Known(model);
    }

    private DiagnosticException Wrong(string why) => new(new Diagnostic("MLO6080", $"trainer '{Code}' made no model of its training rows")
    {
        Where = "#/trainer/code",
        Why = why,
        Mend = "make it by training.Fit(features => PREDICTOR), where the predictor has a weight per feature, or trees that ask for features that there are",
    });
}
