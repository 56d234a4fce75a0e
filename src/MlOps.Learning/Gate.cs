using System.Globalization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning.Internal;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What a gate says of a model.</summary>
public enum Verdict
{
    /// <summary>Every rule holds.</summary>
    Pass,

    /// <summary>A rule surely does not hold, or a metric that it needs is undefined.</summary>
    Fail,

    /// <summary>No rule surely fails, but one cannot be decided: too few rows, an interval on both sides, or a champion that cannot be had.</summary>
    Inconclusive,
}

/// <summary>What a gate says, with its evidence.</summary>
/// <param name="Reasons">One sentence per rule that does not hold or cannot be decided.</param>
public sealed record GateVerdict(Verdict Outcome, IReadOnlyList<string> Reasons)
{
    /// <summary>Whether every rule holds.</summary>
    public bool Passed => Outcome == Verdict.Pass;

    /// <summary>The model against the constant prediction; null where no rule asks.</summary>
    public Comparison? Baseline { get; init; }

    /// <summary>The model against the champion, of all rows first, then of each slice; empty where no rule asks, or none was there.</summary>
    public IReadOnlyList<Comparison> Champion { get; init; } = [];

    /// <summary>By column and measure.</summary>
    public IReadOnlyList<(string Column, string Measure, Gap Gap)> Gaps { get; init; } = [];
}

/// <summary>What a gate looks at.</summary>
/// <param name="Metrics">Of the candidate on the test rows.</param>
/// <param name="Candidate">Its predictions of them.</param>
public sealed record GateCase(IReadOnlyDictionary<string, double?> Metrics, Predictions Candidate, Frame Test)
{
    /// <summary>The constant's predictions; needed where a rule compares with it.</summary>
    public Predictions? Baseline { get; init; }

    /// <summary>The champion's; null where it cannot be had, or where there is none yet.</summary>
    public Predictions? Champion { get; init; }

    /// <summary>Why the champion cannot be had; null where there is none yet, which no candidate can be worse than.</summary>
    public string? ChampionIsAbsent { get; init; }

    /// <summary>How many of the test rows the champion learnt from, as far as is known: it looks better than it is, so that a candidate that fails against it is not surely worse.</summary>
    public int ChampionLearntFrom { get; init; }

    /// <summary>Slices, resamples and the fewest rows.</summary>
    public EvaluationOptions Options { get; init; } = new();
}

/// <summary>What a model must meet: fixed bounds, and comparisons by the interval of a paired bootstrap.</summary>
public static class Gate
{
    /// <summary>What is wrong with the thresholds themselves: a metric that the task has not (MLO6030), or bounds that nothing meets (MLO6031).</summary>
    public static IReadOnlyList<Diagnostic> Validate(IReadOnlyDictionary<string, GateBounds> thresholds, ModelTask task) =>
        [.. Validate(new GateRules { Thresholds = thresholds }, task).Select(found => found.Diagnostic)];

    /// <summary>What is wrong with the rules themselves, each with the way to it: a metric that the task has not (MLO6030), bounds that nothing meets (MLO6031),
    /// a number out of range (MLO6032).</summary>
    /// <param name="options">Name metrics of the model's own.</param>
    public static IReadOnlyList<(string[] Path, Diagnostic Diagnostic)> Validate(GateRules rules, ModelTask task, EvaluationOptions? options = null) =>
        GateCheck.Of(rules, (options ?? new()).MetricNames(task), task == ModelTask.Binary);

    /// <summary>Compares metrics with thresholds alone; one that is null (undefined) never passes.</summary>
    /// <exception cref="DiagnosticException">The thresholds are wrong themselves (MLO6030, MLO6031).</exception>
    public static GateVerdict Check(IReadOnlyDictionary<string, GateBounds> thresholds, IReadOnlyDictionary<string, double?> metrics)
    {
        if (GateCheck.Of(new() { Thresholds = thresholds }, [.. metrics.Keys.Order(StringComparer.Ordinal)], hasRates: false) is { Count: > 0 } wrong)
        {
            throw new DiagnosticException([.. wrong.Select(found => found.Diagnostic)]);
        }

        var reasons = new List<string>();
        foreach (var (metric, bounds) in thresholds.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            // Written so that NaN fails as well.
            var reason = metrics[metric] switch
            {
                null => $"{metric} is undefined for these test rows",
                { } value when bounds.Min is { } min && !(value >= min) => Sentence(metric, value, "below the least allowed", min),
                { } value when bounds.Max is { } max && !(value <= max) => Sentence(metric, value, "above the most allowed", max),
                _ => null,
            };
            if (reason is not null)
            {
                reasons.Add(reason);
            }
        }

        return new(reasons.Count == 0 ? Verdict.Pass : Verdict.Fail, reasons);
    }

    /// <summary>Applies every rule.</summary>
    /// <param name="threads">At least 1; changes the time only.</param>
    /// <exception cref="DiagnosticException">The rules are wrong themselves (MLO6030 to MLO6032).</exception>
    public static GateVerdict Judge(GateRules rules, GateCase asked, int threads, CancellationToken cancellationToken)
    {
        if (Validate(rules with { Thresholds = new Dictionary<string, GateBounds>() }, asked.Candidate.Signature.Task, asked.Options) is { Count: > 0 } wrong)
        {
            throw new DiagnosticException([.. wrong.Select(found => found.Diagnostic)]);
        }

        var thresholds = Check(rules.Thresholds, asked.Metrics);
        var found = thresholds.Reasons.Select(reason => (thresholds.Outcome, Reason: reason)).ToList();
        Comparison? baseline = null;
        IReadOnlyList<Comparison> champion = [];
        if (rules.Baseline is { } beat)
        {
            baseline = Comparison.Of(asked.Candidate, asked.Baseline!, asked.Test, beat.Metric, beat.Confidence, asked.Options with { Slices = [] }, threads, cancellationToken)[0];
            found.Add(Decide(baseline, beat.Metric, "the baseline", asked, interval => interval.Low > 0, interval => interval.High <= 0));
        }

        if (rules.Champion is { } match && asked.Champion is { } other)
        {
            champion = Comparison.Of(asked.Candidate, other, asked.Test, match.Metric, match.Confidence, asked.Options, threads, cancellationToken);
            var whole = Decide(champion[0], match.Metric, match.Environment, asked, interval => interval.Low >= -match.Margin, interval => interval.High < -match.Margin);
            var (worse, but) = asked.ChampionLearntFrom == 0 ? (Verdict.Fail, "") : (Verdict.Inconclusive, $"; but {match.Environment}'s model learnt from {asked.ChampionLearntFrom} of these test rows");
            found.Add(whole.Outcome == Verdict.Fail && champion[0].Interval is not null ? (worse, whole.Reason + but) : whole);
            // A group is asked less: with its fewer rows hardly any is surely no worse.
            found.AddRange(champion.Skip(1).Where(slice => slice.Interval?.High < -match.Margin)
                .Select(slice => (worse, $"{match.Metric} of {slice.Slice} is worse than {match.Environment}'s: {Shown(slice)}{but}")));
        }
        else if (rules.Champion is not null && asked.ChampionIsAbsent is { } why)
        {
            found.Add((Verdict.Inconclusive, why));
        }

        var gaps = new List<(string Column, string Measure, Gap Gap)>();
        foreach (var (column, measures) in rules.Gaps.OrderBy(gap => gap.Key, StringComparer.Ordinal))
        {
            var spec = asked.Options.Slices.FirstOrDefault(slice => slice.Column == column) ?? new SliceSpec { Column = column };
            foreach (var (measure, bounds) in measures.OrderBy(gap => gap.Key, StringComparer.Ordinal))
            {
                var gap = Gap.Of(asked.Candidate, asked.Test, spec, measure, asked.Options, threads, cancellationToken);
                gaps.Add((column, measure, gap));
                found.Add(Decide(gap, column, measure, bounds, asked.Options.MinRows));
            }
        }

        var reasons = found.Where(rule => rule.Outcome != Verdict.Pass).ToList();
        var outcome = reasons.Exists(rule => rule.Outcome == Verdict.Fail) ? Verdict.Fail : reasons.Count > 0 ? Verdict.Inconclusive : Verdict.Pass;
        return new(outcome, [.. reasons.Select(rule => rule.Reason)]) { Baseline = baseline, Champion = champion, Gaps = gaps };
    }

    private static (Verdict Outcome, string Reason) Decide(Comparison compared, string metric, string with, GateCase asked, Func<Interval, bool> holds, Func<Interval, bool> fails)
    {
        if (asked.Metrics.GetValueOrDefault(metric) is null)
        {
            return (Verdict.Fail, $"{metric} is undefined for these test rows");
        }

        if (compared.Rows < asked.Options.MinRows)
        {
            return (Verdict.Inconclusive, $"{compared.Rows} test rows are too few to compare with {with}; \"minRows\" is {asked.Options.MinRows}");
        }

        return compared switch
        {
            { Gain: null } or { Interval: null } => (Verdict.Inconclusive, $"{metric} cannot be compared with {with}'s on these test rows"),
            { Interval: { } interval } when holds(interval) => (Verdict.Pass, ""),
            { Interval: { } interval } when fails(interval) => (Verdict.Fail, $"{metric} is worse than {with}'s: {Shown(compared)}"),
            _ => (Verdict.Inconclusive, $"{metric} is not surely better than {with}'s: {Shown(compared)}"),
        };
    }

    private static (Verdict Outcome, string Reason) Decide(Gap gap, string column, string measure, GapBounds bounds, int minRows) => gap switch
    {
        { Difference: null } => (Verdict.Inconclusive, $"fewer than two groups of {column} have {minRows} test rows and a {measure}"),
        { Interval: { } interval } when interval.High <= bounds.Max => (Verdict.Pass, ""),
        { Interval: null } => (Verdict.Inconclusive, $"{Sentence($"{measure} by {column}", gap, bounds.Max)}, but not surely"),
        { Interval: { } interval } when interval.Low <= bounds.Max => (Verdict.Inconclusive,
            $"{Sentence($"{measure} by {column}", gap, bounds.Max)}, {(gap.Difference <= bounds.Max ? "which it may exceed" : "but not surely")}"),
        _ => (Verdict.Fail, Sentence($"{measure} by {column}", gap, bounds.Max)),
    };

    private static string Sentence(string what, Gap gap, double bound) => string.Create(CultureInfo.InvariantCulture,
        $"{what} differs by {gap.Difference:0.#####}{Shown(gap.Interval)} between {gap.Groups[0].Group} and {gap.Groups[^1].Group}, the most allowed is {bound:R}");

    private static string Sentence(string metric, double value, string relation, double bound) =>
        string.Create(CultureInfo.InvariantCulture, $"{metric} {value:0.#####} is {relation}, {bound:R}");

    private static string Shown(Comparison compared) =>
        string.Create(CultureInfo.InvariantCulture, $"gain {compared.Gain:0.#####}{Shown(compared.Interval)} on {compared.Rows} rows");

    private static string Shown(Interval? interval) => interval is { } ends ? string.Create(CultureInfo.InvariantCulture, $" ({ends.Low:0.#####} to {ends.High:0.#####})") : "";
}
