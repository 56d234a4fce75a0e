using System.Globalization;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>How a model is measured beside its metrics on all test rows; <c>evaluate</c> in <c>model.json</c>.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The columns whose groups of test rows are measured by themselves; they need not be features.</summary>
    public IReadOnlyList<SliceSpec> Slices { get; set; } = [];

    /// <summary>Fewest rows from which a group, or a comparison, says something: 1 to 1000000000; default 30.</summary>
    public int MinRows { get; set; } = 30;

    /// <summary>How uncertainty is told.</summary>
    public IntervalOptions Intervals { get; set; } = new();

    /// <summary>Metrics that the model's own code computes, by names of their own, beside those of the task: on all test rows, on slices and on resamples; gates and <c>tune</c> may name them.</summary>
    public Dictionary<string, MetricOptions>? Metrics { get; set; }

    /// <summary>The column of test rows that <see cref="MetricSample.Weights"/> come from; null where none is declared.</summary>
    [JsonIgnore]
    public string? Weight { get; init; }

    /// <summary>All metrics of a task, in the order they are shown: its own, then those of the model.</summary>
    public IReadOnlyList<string> MetricNames(ModelTask task) => Metrics is null ? Learning.Metrics.Names(task) : [.. Learning.Metrics.Names(task), .. Metrics.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether more of a metric is better; null for a name that is none.</summary>
    public bool? HigherIsBetter(string metric) => Metrics?.TryGetValue(metric, out var own) == true ? own.Better == BetterMetric.Higher : Learning.Metrics.HigherIsBetter(metric);

    /// <summary>The same with no more metrics of the model's own than some; null rather than none.</summary>
    public EvaluationOptions WithOnly(IReadOnlyCollection<string> metrics) =>
        this with { Metrics = Metrics?.Where(metric => metrics.Contains(metric.Key)).ToDictionary(StringComparer.Ordinal) is { Count: > 0 } some ? some : null };

    /// <summary>The same with the functions that compute the model's own metrics.</summary>
    /// <param name="functionOf">By the name of the code.</param>
    /// <param name="weight">The column of weights, or null.</param>
    public EvaluationOptions Bound(Func<string, MetricFunction>? functionOf, string? weight) => Metrics is null || functionOf is null ? this : this with
    {
        Weight = weight,
        Metrics = Metrics.ToDictionary(metric => metric.Key, metric => metric.Value with { Function = functionOf(metric.Value.Code) }, StringComparer.Ordinal),
    };

    /// <summary>What is out of range (MLO6040) or stands twice (MLO6111), each with the way to its member; empty if all is well.</summary>
    public IReadOnlyList<(string[] Path, Diagnostic Diagnostic)> Validate()
    {
        var found = new List<(string[], Diagnostic)>();
        Range(MinRows, 1, 1_000_000_000, "minRows");
        Range(Intervals.Resamples, 100, 100_000, "intervals", "resamples");
        Range(Intervals.Confidence, 0.5, 0.9999, "intervals", "confidence");
        foreach (var slice in Slices)
        {
            Range(slice.Bins ?? 2, 2, 100, "slices");
        }

        foreach (var name in Metrics?.Keys.Where(name => !MetricOptions.IsName(name)) ?? [])
        {
            found.Add((["metrics", name], new("MLO6113", $"'{name}' cannot name a metric of the model's own")
            {
                Why = MetricOptions.IsKnown(name) ? "there is one of that name already" : "names are letters and digits, a lower-case letter first, at most 40",
                Mend = "give it another name",
            }));
        }

        foreach (var group in Slices.GroupBy(slice => slice.Column, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            found.Add((["slices"], new("MLO6111", $"column '{group.Key}' stands twice in \"slices\"") { Why = "its groups would be measured twice", Mend = "keep one of them" }));
        }

        return found;

        void Range(double value, double min, double max, params string[] path)
        {
            if (!(value >= min && value <= max))
            {
                found.Add((path, new("MLO6040", $"'{path[^1]}' of \"evaluate\" is out of range")
                {
                    Why = string.Create(CultureInfo.InvariantCulture, $"{(path[^1] == "slices" ? "a number of bins" : "it")} is {value}; allowed is {min} to {max}"),
                    Mend = string.Create(CultureInfo.InvariantCulture, $"choose a number from {min} to {max}, or remove it for the default"),
                }));
            }
        }
    }
}

/// <summary>How the intervals of metrics are made: percentiles of the metric over resamples of the test rows.</summary>
public sealed record IntervalOptions
{
    /// <summary>How many resamples: 100 to 100000; default 1000.</summary>
    public int Resamples { get; set; } = 1000;

    /// <summary>The share of resamples that an interval covers: 0.5 to 0.9999; default 0.95.</summary>
    public double Confidence { get; set; } = 0.95;
}

/// <summary>A column that divides the test rows into groups: its name alone for its values, or with a number of bins.</summary>
[JsonShorthand("column")]
public sealed record SliceSpec
{
    /// <summary>The column.</summary>
    public required string Column { get; init; }

    /// <summary>For numbers and times the number of groups with about as many test rows each: 2 to 100. Default: a group per value, or 4 bins of more than 20
    /// values.</summary>
    public int? Bins { get; init; }
}
