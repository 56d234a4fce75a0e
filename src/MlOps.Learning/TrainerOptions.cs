using System.Globalization;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>A trainer with its options; <c>trainer</c> in <c>model.json</c>. All that tells one from another is here (decision 0016).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "name")]
[JsonDerivedType(typeof(BoostedTreesOptions), BoostedTreesOptions.TrainerName)]
[JsonDerivedType(typeof(LinearOptions), LinearOptions.TrainerName)]
[JsonDerivedType(typeof(OnnxOptions), OnnxOptions.TrainerName)]
[JsonDerivedType(typeof(CodeTrainer), CodeTrainer.TrainerName)]
public abstract record TrainerOptions
{
    /// <summary>The name in <c>model.json</c>.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>The file that holds a model which was fitted elsewhere, for a trainer that takes one; else null.</summary>
    /// <remarks>As a run step of the model writes it, else as a run step of the workspace does, else in the model's folder.</remarks>
    [JsonIgnore]
    public virtual string? Source => null;

    /// <summary>What is out of range (MLO6001), in the order of the options; empty if all is well.</summary>
    public virtual IReadOnlyList<Diagnostic> Validate()
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

    /// <summary>How features enter where <c>features</c> leaves it open.</summary>
    [JsonIgnore]
    public virtual FeatureUse Use => FeatureUse.Weighed;

    /// <summary>What of the options does not fit the task, the label or the features.</summary>
    /// <param name="train">With a column of the label; the features' may be absent.</param>
    public virtual IEnumerable<Diagnostic> Check(Frame train, LearningSpec spec) => [];

    /// <summary>The model of the given rows; the same bytes with any number of threads.</summary>
    /// <exception cref="DiagnosticException">Nothing can be learnt from them.</exception>
    public abstract TrainedModel Fit(Training training);

    /// <summary>Every number with its inclusive range, under its name in JSON.</summary>
    protected virtual IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() => [];
}

/// <summary>What a trainer does with features.</summary>
public enum FeatureUse
{
    /// <summary>They are multiplied and added up: numbers have mean 0 and standard deviation 1, categories are one-hot, nothing is missing, texts have up to 50,000 terms.</summary>
    Weighed,

    /// <summary>Only their order counts: categories are ranks, missing stays missing, texts have up to 500 terms.</summary>
    Ordered,
}
