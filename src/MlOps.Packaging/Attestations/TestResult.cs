using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using MlOps.Packaging.Internal;
using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>How a gate came out.</summary>
public enum GateResult
{
    /// <summary>Every threshold holds.</summary>
    Passed,

    /// <summary>Nothing failed, and something could not be decided.</summary>
    Warned,

    /// <summary>A threshold does not hold.</summary>
    Failed,
}

/// <summary>What a gate said of a model: the test-result predicate v0.1.</summary>
/// <remarks>https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md.</remarks>
public sealed record TestResult
{
    /// <summary>How it came out.</summary>
    public required GateResult Result { get; init; }

    /// <summary>What decided it: the declaration with the thresholds, the test data.</summary>
    public required IReadOnlyList<ResourceDescriptor> Configuration { get; init; }

    /// <summary>The thresholds that hold: <c>rmse max 60</c>.</summary>
    public IReadOnlyList<string> Passed { get; init; } = [];

    /// <summary>Those that could not be decided.</summary>
    public IReadOnlyList<string> Warned { get; init; } = [];

    /// <summary>Those that do not hold.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>The statement that says this of something.</summary>
    public Statement About(ResourceDescriptor subject) => new([subject], PredicateTypes.TestResult, JsonSerializer.SerializeToElement(
        new()
        {
            Result = Result switch { GateResult.Passed => "PASSED", GateResult.Warned => "WARNED", _ => "FAILED" },
            Configuration = [.. Configuration.Select(one => one.ToWire())],
            PassedTests = Passed,
            WarnedTests = Warned,
            FailedTests = Failed,
        },
        BoundedJson.Plain.TestResultWire));

    /// <summary>Reads a statement's predicate; false, with the reason, if it is no test result.</summary>
    public static bool TryRead(Statement statement, [NotNullWhen(true)] out TestResult? result, [NotNullWhen(false)] out string? why)
    {
        result = null;
        if (!Predicate.TryRead(statement, PredicateTypes.TestResult, BoundedJson.Plain.TestResultWire, out var wire, out why))
        {
            return false;
        }

        var configuration = wire.Configuration.Select(one => ResourceDescriptor.TryRead(one, out var read) ? read : null).ToList();
        GateResult? said = wire.Result switch { "PASSED" => GateResult.Passed, "WARNED" => GateResult.Warned, "FAILED" => GateResult.Failed, _ => null };
        why = said is null ? $"its result is '{ForeignText.Shown(wire.Result, 64)}', not PASSED, WARNED or FAILED" : configuration.Contains(null) ? "a configuration has no sha256" : null;
        result = why is null
            ? new() { Result = said!.Value, Configuration = configuration!, Passed = Names(wire.PassedTests), Warned = Names(wire.WarnedTests), Failed = Names(wire.FailedTests) }
            : null;
        return result is not null;
    }

    private static List<string> Names(IReadOnlyList<string?>? names) => [.. (names ?? []).OfType<string>()];
}
