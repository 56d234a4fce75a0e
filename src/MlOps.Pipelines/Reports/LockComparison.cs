using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Pipelines.Actions;

namespace MlOps.Pipelines.Reports;

/// <summary>How a dataset's rows differ between two states.</summary>
/// <param name="Before">Number of rows before, if known.</param>
/// <param name="After">Number of rows after, if known.</param>
/// <param name="Difference">Rows added and removed, where the digests of both states' rows are in the store.</param>
internal sealed record DatasetChange(string Dataset, long? Before, long? After, RowDifference? Difference)
{
    public string Text
    {
        get
        {
            if (Before is null && After is null)
            {
                return "other files";
            }

            var counts = Before == After ? $"{After} rows" : $"{Before?.ToString() ?? "?"} → {After?.ToString() ?? "?"} rows";
            var difference = Difference?.ToString()
                ?? (Before is { } before && After is { } after && before != after ? $"{(after > before ? "+" : "−")}{Math.Abs(after - before)} {(Math.Abs(after - before) == 1 ? "row" : "rows")} by count" : null);
            return Before is null ? $"new, {After} rows" : difference is null ? counts : $"{difference} ({counts})";
        }
    }
}

/// <summary>How one step's record differs between two locks.</summary>
/// <param name="Changes">Code, parameters, toolchain and file inputs, old → new; empty where only inputs from other steps changed.</param>
internal sealed record StepChange(LockAddress Address, bool Added, bool Removed, IReadOnlyList<PartChange> Changes);

/// <summary>What differs between two locks: datasets, steps and metrics.</summary>
internal sealed record LockComparison(IReadOnlyList<DatasetChange> Datasets, IReadOnlyList<StepChange> Steps, IReadOnlyList<(string Owner, PartChange Metric)> Metrics)
{
    public static LockComparison Of(LockFile before, LockFile after, Func<string, DatasetChange> rows)
    {
        var addresses = before.Addresses.Concat(after.Addresses).Distinct().OrderBy(address => address.ToString(), StringComparer.Ordinal).ToList();
        var datasets = addresses.Where(address => address.Key == ImportAction.Name && address.Owner.StartsWith("data/", StringComparison.Ordinal))
            .Where(address => (string?)before.Fact(address.Owner, "sha256") != (string?)after.Fact(address.Owner, "sha256"))
            .Select(address => rows(address.Owner["data/".Length..])).ToList();
        var steps = addresses.Select(address => Change(address, before.Find(address), after.Find(address))).OfType<StepChange>().ToList();
        var metrics = addresses.Select(address => address.Owner).Distinct()
            .SelectMany(owner => Fingerprint.Difference(Parts(before.Fact(owner, "metrics")), Parts(after.Fact(owner, "metrics"))).Select(metric => (owner, metric))).ToList();
        return new(datasets, steps, metrics);
    }

    private static StepChange? Change(LockAddress address, StepTrace? before, StepTrace? after) =>
        before?.Fingerprint == after?.Fingerprint ? null
            : new(address, before is null, after is null, before is null || after is null ? [] : Fingerprint.Difference(Parts(before), Parts(after)));

    private static List<FingerprintPart> Parts(StepTrace trace) => Sorted(
        trace.Code.Select(part => new FingerprintPart($"/code/{part.Key}", part.Value.Hex))
            .Concat(Fingerprint.Flatten("/parameters", trace.Parameters))
            .Concat(trace.Toolchain.Select(part => new FingerprintPart($"/toolchain/{part.Key}", part.Value)))
            .Concat(trace.Inputs.Select(part => new FingerprintPart($"/inputs/{part.Key}", part.Value.Hex))));

    private static List<FingerprintPart> Parts(JsonNode? metrics) =>
        Sorted((metrics as JsonObject ?? []).Select(metric => new FingerprintPart(metric.Key, CanonicalJson.Compact(metric.Value))));

    private static List<FingerprintPart> Sorted(IEnumerable<FingerprintPart> parts) => [.. parts.OrderBy(part => part.Name, StringComparer.Ordinal)];
}
