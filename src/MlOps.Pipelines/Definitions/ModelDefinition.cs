using System.Text.Json;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode;

namespace MlOps.Pipelines.Definitions;

/// <summary>A model as declared: its manifest, and where each part of it stands.</summary>
/// <param name="Name">Its folder's name; of an instance with what tells it apart, such as <c>demand@region=north</c>.</param>
/// <param name="File">The manifest's path relative to the workspace.</param>
internal sealed record ModelDefinition(string Name, string File, ModelManifest Manifest, JsonTree Tree)
{
    /// <summary>How its trainer is written.</summary>
    public JsonSerializerOptions Json { get; init; } = ManifestJson.Default.Options;

    /// <summary>The model's folder relative to the workspace; instances of one declaration share it.</summary>
    public string Folder => File[..File.LastIndexOf('/')];

    /// <summary>The functions of its own code that it declares.</summary>
    public IReadOnlyList<string> CodeFunctions => [.. Manifest.Prepare.Select(step => step.Code).Concat(Manifest.Features.Values.Select(feature => feature.Code).OfType<string>())];

    /// <summary>The functions of its own code that compute metrics.</summary>
    public IReadOnlyList<string> MetricFunctions => [.. (Evaluation.Metrics ?? []).Values.Select(metric => metric.Code).Distinct(StringComparer.Ordinal)];

    /// <summary>All that it names of its own code: functions, then the types of its trainer and of its tests.</summary>
    public IReadOnlyList<string> Code => [.. CodeFunctions, .. MetricFunctions, .. Manifest.Trainer is CodeTrainer trainer ? [trainer.Code] : Array.Empty<string>(), .. Manifest.Tests ?? []];

    /// <summary>The metrics of its own code that it is tuned by.</summary>
    public IReadOnlyDictionary<string, MetricOptions> TuneMetrics =>
        Manifest.Tune?.Metric is { } metric && Evaluation.Metrics?.TryGetValue(metric, out var own) == true ? new Dictionary<string, MetricOptions> { [metric] = own } : [];

    /// <summary>How its gate measures, where it compares: with those metrics of its own code alone that it compares by.</summary>
    public EvaluationOptions GateEvaluation => Evaluation.WithOnly([
        Manifest.Gate?.Baseline?.Metric ?? "",
        Manifest.Gate?.Champion?.Metric ?? "",
        .. (Manifest.Gate?.Gaps ?? []).Values.SelectMany(measures => measures.Keys)]);

    /// <summary>The columns that its own code computes.</summary>
    public IReadOnlyList<ComputedColumn> ComputedColumns => [.. Manifest.Features.Where(feature => feature.Value.Code is not null)
        .Select(feature => new ComputedColumn(feature.Key, feature.Value.Code!, feature.Value.From ?? []))];

    public SplitSpec Split => (Manifest.Split ?? new HashSplit()).Spec(Manifest.Label);

    public LearningSpec Learning => new(
        Manifest.Task, Manifest.Label, Manifest.Positive, [.. Manifest.Features.Select(feature => new FeatureSpec(feature.Key, feature.Value))], Manifest.Trainer,
        Manifest.Weight)
    {
        Calibrate = Manifest.Calibrate,
        Costs = Manifest.Threshold,
        Folds = Folds,
    };

    /// <summary>The split, where parts of training rows have to heed it: a key stays in one fold of calibrations, thresholds and target statistics, and on one side of early
    /// stopping; by time no fold of the first two is scored by a model of later rows, and early stopping looks at the last.</summary>
    public SplitSpec? Folds => Split switch
    {
        { By: SplitBy.Group, Column: not null } when PartsRows || Manifest.Features.Values.Any(feature => feature is CategoricalFeature { Encode: CategoryEncoding.Target }) => Split,
        { By: SplitBy.Time, Column: not null } when PartsRows => Split,
        _ => null,
    };

    /// <summary>Whether some training rows decide when the boosting ends, as declared or in a trial.</summary>
    public bool StopsEarly => Manifest.Trainer is BoostedTreesOptions { EarlyStopping: var stopping }
        && (stopping is not null || Manifest.Tune?.Search.Keys.Any(option => option.StartsWith("earlyStopping.", StringComparison.Ordinal)) == true);

    private bool PartsRows => StopsEarly || Manifest is not { Calibrate: null, Threshold: null };

    public EvaluationOptions Evaluation => Manifest.Evaluate ?? new();

    /// <summary>The columns that test rows are grouped by, beside those that the model learns from.</summary>
    public IReadOnlyList<string> SliceColumns =>
        [.. Evaluation.Slices.Select(slice => slice.Column).Concat(Manifest.Gate?.Gaps?.Keys ?? Enumerable.Empty<string>()).Except([.. Manifest.Features.Keys, Manifest.Label, Manifest.Weight ?? Manifest.Label]).Order(StringComparer.Ordinal)];

    public string At(params string[] path) => $"{File}:{Tree.LineOf(path)}";
}
