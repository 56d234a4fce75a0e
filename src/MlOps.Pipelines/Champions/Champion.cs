using MlOps.Content;

namespace MlOps.Pipelines.Champions;

/// <summary>The model that a candidate is compared with.</summary>
/// <param name="Model">Its digest; null where the environment runs none yet.</param>
/// <param name="Bytes">Its file; null where neither the store nor a remote has it.</param>
internal sealed record Champion(Digest? Model, byte[]? Bytes)
{
    /// <summary>What the functions of the model's own code did that prepared its training rows, by name; empty where there were none, or no lock knows.</summary>
    public IReadOnlyDictionary<string, Digest> Functions { get; init; } = StepRecord.NoOutputs;
}
