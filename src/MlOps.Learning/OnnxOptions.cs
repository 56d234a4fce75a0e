using System.Text.Json.Serialization;
using MlOps.Scoring;

namespace MlOps.Learning;

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
    [JsonIgnore]
    public override string? Source => File;

    /// <inheritdoc/>
    public override TrainedModel Fit(Training training) => training.Known(OnnxModel.Adopt(training.Source.Span, training.Signature));
}
