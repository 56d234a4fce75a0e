using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;

namespace MlOps.Pipelines.Reports;

/// <summary>An input of a step that another step makes, and that became another one.</summary>
/// <param name="Name">The input's name.</param>
/// <param name="Step">The step that makes it.</param>
/// <param name="Old">Its digest before; null if there was none.</param>
/// <param name="New">Its digest after; null if there is none.</param>
internal sealed record UpstreamChange(string Name, string Step, string? Old, string? New);

/// <summary>How one step's record differs between two locks.</summary>
/// <param name="Changes">Code, parameters, toolchain and file inputs, old → new; empty where only inputs from other steps changed.</param>
/// <param name="Upstream">Inputs from other steps that changed.</param>
/// <param name="CutOffBy">Steps that it reads from and that have new results with the same bytes, so that it had not to run.</param>
internal sealed record StepChange(LockAddress Address, bool Added, bool Removed, IReadOnlyList<PartChange> Changes, IReadOnlyList<UpstreamChange> Upstream, IReadOnlyList<string> CutOffBy)
{
    /// <summary>Its fingerprint after; null if it is gone.</summary>
    public Digest? Fingerprint { get; init; }

    /// <summary>Whether it has another result key than before.</summary>
    public bool IsNew { get; init; }
}

/// <summary>What differs between two locks: datasets, steps and metrics.</summary>
internal sealed record LockComparison(IReadOnlyList<DatasetChange> Datasets, IReadOnlyList<StepChange> Steps, IReadOnlyList<(string Owner, PartChange Metric)> Metrics)
{
    /// <param name="graph">The steps as they are declared now: they tell who makes whose inputs.</param>
    /// <param name="rows">Compares a dataset.</param>
    /// <param name="about">Which steps are asked for; null for all that changed.</param>
    public static LockComparison Of(LockFile before, LockFile after, StepGraph graph, Func<string, DatasetChange> rows, Func<LockAddress, bool>? about = null)
    {
        var addresses = before.Addresses.Concat(after.Addresses).Distinct().Where(about ?? (_ => true)).OrderBy(address => address.ToString(), StringComparer.Ordinal).ToList();
        var declared = graph.Steps.ToDictionary(step => step.Address);
        var datasets = addresses.Where(address => address.Key == ImportAction.Name && address.Owner.StartsWith("data/", StringComparison.Ordinal))
            .Where(address => (string?)before.Fact(address.Owner, "sha256") != (string?)after.Fact(address.Owner, "sha256"))
            .Select(address => rows(address.Owner["data/".Length..])).ToList();
        var steps = addresses.Select(address => Change(address, before, after, graph, declared.GetValueOrDefault(address)))
            .Where(step => about is not null || step.IsNew || step.CutOffBy.Count > 0).ToList();
        var metrics = addresses.Select(address => address.Owner).Distinct()
            .SelectMany(owner => Fingerprint.Difference(Parts(before.Fact(owner, "metrics")), Parts(after.Fact(owner, "metrics"))).Select(metric => (owner, metric))).ToList();
        return new(datasets, steps, metrics);
    }

    private static StepChange Change(LockAddress address, LockFile before, LockFile after, StepGraph graph, Step? declared)
    {
        var (was, now) = (before.Find(address), after.Find(address));
        var isNew = was?.Fingerprint != now?.Fingerprint;
        var inputs = (declared?.Inputs.AsEnumerable() ?? []).Where(input => input.Value is OutputInput)
            .Select(input => (input.Key, From: (OutputInput)input.Value, Producer: graph.Find(((OutputInput)input.Value).Step)!.Address)).ToList();
        var upstream = was is null || now is null ? [] : inputs.Select(input => new UpstreamChange(input.Key, input.From.Step.Value, Output(before, input.Producer, input.From.Output), Output(after, input.Producer, input.From.Output)))
            .Where(input => input.Old != input.New).ToList();
        var cutOff = isNew ? [] : inputs.Where(input => before.Find(input.Producer)?.Fingerprint != after.Find(input.Producer)?.Fingerprint).Select(input => input.From.Step.Value).Distinct().ToList();
        return new(address, was is null, now is null, was is null || now is null || !isNew ? [] : Fingerprint.Difference(Parts(was), Parts(now)), upstream, cutOff)
        {
            Fingerprint = now?.Fingerprint,
            IsNew = isNew,
        };
    }

    private static string? Output(LockFile locked, LockAddress producer, string output) =>
        locked.Find(producer) is { } trace && trace.Outputs.TryGetValue(output, out var digest) ? digest.Hex : null;

    private static List<FingerprintPart> Parts(StepTrace trace) => Sorted(
        trace.Code.Select(part => new FingerprintPart($"/code/{part.Key}", part.Value.Hex))
            .Concat(Fingerprint.Flatten("/parameters", trace.Parameters))
            .Concat(trace.Toolchain.Select(part => new FingerprintPart($"/toolchain/{part.Key}", part.Value)))
            .Concat(trace.Inputs.Select(part => new FingerprintPart($"/inputs/{part.Key}", part.Value.Hex))));

    private static List<FingerprintPart> Parts(JsonNode? metrics) =>
        Sorted((metrics as JsonObject ?? []).Select(metric => new FingerprintPart(metric.Key, CanonicalJson.Compact(metric.Value))));

    private static List<FingerprintPart> Sorted(IEnumerable<FingerprintPart> parts) => [.. parts.OrderBy(part => part.Name, StringComparer.Ordinal)];
}
