using System.Text.Json.Serialization.Metadata;

namespace MlOps.Pipelines;

/// <summary>What every target may be told.</summary>
public sealed record WorkspaceOptions
{
    /// <summary>The folder of <c>nuke.json</c>; null looks for it in the current folder and those above.</summary>
    public string? Root { get; init; }

    /// <summary>Only these models; all when empty.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Whether <see cref="Models"/> may name versions, <c>NAME@1.2.0</c>.</summary>
    public bool TakesVersions { get; init; }

    /// <summary>Steps and threads at once, 1 or more.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Run every step though it is up to date.</summary>
    public bool ForceAll { get; init; }

    /// <summary>Run this step (<c>train</c>, or <c>bike-demand/train</c>) though it is up to date.</summary>
    public string? ForceStep { get; init; }

    /// <summary>Trainers of other assemblies by their names in <c>model.json</c>, each with how its options, a <see cref="MlOps.Learning.TrainerOptions"/>, are read.</summary>
    public IReadOnlyDictionary<string, JsonTypeInfo> Trainers { get; init; } = new Dictionary<string, JsonTypeInfo>();

    /// <summary>A file of <c>Plan --out</c>: its models and forced steps count, and Train refuses to do anything else.</summary>
    public string? Plan { get; init; }

    /// <summary>After a failure, go on with the steps that do not need it.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>A step that was tried just before this call; null if none was.</summary>
    public MlOps.Engine.TriedStep? AlreadyTried { get; init; }

    /// <summary>Ends what has to be done before anything can be planned: compiling the models' own code, and asking its trainers what they are.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The target runs and judges no step, so that the models' own code need not compile.</summary>
    public bool NeedsNoCode { get; init; }

    /// <summary>Values in place of the chosen models' declared ones, as <c>trainer.leaves=63</c>; then Train tries: lock and outputs stay as they are.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>How long <c>Tune</c> runs trials; null for every other target.</summary>
    internal Actions.TrialBudget? Budget { get; init; }

    /// <summary>Read every file again instead of trusting size and times.</summary>
    public bool Rehash { get; init; }

    /// <summary>A run step that opens an undeclared file of the workspace fails; Linux only. Steps that are up to date are not run for it.</summary>
    public bool VerifyReads { get; init; }
}

/// <summary>What <c>Score</c> is asked for.</summary>
public sealed record ScoreRequest
{
    /// <summary>The CSV file with the model's inputs among its columns.</summary>
    public required string Data { get; init; }

    /// <summary>The file that gets the predictions; <c>-</c> is standard output.</summary>
    public required string Out { get; init; }

    /// <summary>Columns of the data to copy in front of the predictions.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Whether each prediction is followed by what every column adds to it.</summary>
    public bool Explain { get; init; }
}

/// <summary>What <c>Tune</c> is asked for: a time or a number; ten minutes if neither.</summary>
public sealed record TuneRequest
{
    /// <summary>No trial is started after so many minutes; those that run then are ended.</summary>
    public double? Minutes { get; init; }

    /// <summary>Up to so many trials.</summary>
    public int? Trials { get; init; }
}

/// <summary>What <c>New</c> is asked for.</summary>
public sealed record NewModelRequest
{
    /// <summary>The model's name: letters, digits and hyphens, a letter first.</summary>
    public required string Name { get; init; }

    /// <summary>The CSV file to copy.</summary>
    public required string Data { get; init; }

    /// <summary>The column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>A column whose value tells test rows from training rows; needs <see cref="TestValue"/>.</summary>
    public string? SplitColumn { get; init; }

    /// <summary>The split column's value of the test rows.</summary>
    public string? TestValue { get; init; }

    /// <summary>A key that never stands on both sides of the split.</summary>
    public string? Group { get; init; }

    /// <summary>Columns to leave out.</summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>The label's value whose probability is predicted (binary).</summary>
    public string? Positive { get; init; }

    /// <summary>Whether it gets C# of its own: a function for the table and a computed feature to begin with.</summary>
    public bool Code { get; init; }
}
