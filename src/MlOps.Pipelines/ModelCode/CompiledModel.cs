using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The compiled code of one model.</summary>
/// <param name="Assembly">Where it lies, its symbols beside it.</param>
/// <param name="Functions">Those that are declared, by name.</param>
internal sealed record CompiledModel(string Assembly, IReadOnlyDictionary<string, CodeFunction> Functions)
{
    /// <summary>The trainer of the model's own code with all its options; null where it has none.</summary>
    public CodeTrainer? Trainer { get; init; }

    /// <summary>How long one run of it may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What to do when that is too short; null where the limit may be raised.</summary>
    public string? Mend { get; init; }

    /// <summary>How many bytes its objects may fill.</summary>
    public long Memory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>The same within what a model declares.</summary>
    public CompiledModel Within(LimitsManifest? limits) => limits is null ? this
        : this with { Timeout = limits.Timeout?.Value ?? Timeout, Memory = limits.Megabytes is { } megabytes ? (long)megabytes << 20 : Memory };
}
