using System.Text.Json.Nodes;
using MlOps.Pipelines.ModelCode;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.Scores;

/// <summary>A model that is about to score: the one that was trained here, or one out of a package.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Origin">What diagnostics name.</param>
/// <param name="Trained">What predicts.</param>
internal sealed record ScoringModel(string Name, string Origin, TrainedModel Trained)
{
    /// <summary>What computes some of its inputs; null where rows have all of them.</summary>
    public DeployedCode? Code { get; init; }

    /// <summary>That, as a worker runs it.</summary>
    public CompiledModel? Compiled { get; init; }

    /// <summary>The columns of its dataset with their types, as the lock has them; null where none is known.</summary>
    public JsonObject? Columns { get; init; }

    /// <summary>The file of the model, and its version, where it is out of a package.</summary>
    public (string Path, Content.Digest Digest, string Version)? Package { get; init; }
}
