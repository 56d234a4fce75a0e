using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine.RandomBuilds;

/// <summary>How much of what it is given a random step looks at; what it ignores must not reach its consumers.</summary>
internal enum Reach
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Half its parameter and the first letters of its inputs.</summary>
    Half,

    /// <summary>Its first input only.</summary>
    FirstInput,

    /// <summary>Nothing at all.</summary>
    Constant,
}

/// <summary>Where a random step's input comes from: a path of the workspace, or another step's output.</summary>
internal sealed record RandomInput(string? Path, int Producer, string Output);

/// <summary>A step as a random workspace declares it. <paramref name="Id"/> stays when it is renamed, and keeps its bytes apart from those of all others.</summary>
internal sealed record RandomStep(int Id, string Name, string Action, Reach Reach)
{
    public int Code { get; init; }

    public int Parameter { get; init; }

    public int Tool { get; init; }

    public bool Fails { get; init; }

    public bool HasFact { get; init; }

    public bool IsCheckedOut { get; init; }

    public ImmutableSortedDictionary<string, RandomInput> Inputs { get; init; } = ImmutableSortedDictionary.Create<string, RandomInput>(StringComparer.Ordinal);

    public ImmutableSortedSet<string> Outputs { get; init; } = ImmutableSortedSet.Create(StringComparer.Ordinal, "out");

    public string Fact => $"fact-{Id}";

    /// <summary>All that may change its result, given the content of its inputs: what is remembered is remembered under this.</summary>
    public string Key(IReadOnlyDictionary<string, string> inputs) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Id} {Action} {Reach} {Code} {Parameter} {Tool} {Fails} {HasFact} [{string.Join(' ', Outputs)}] [{string.Join(' ', Inputs.Keys.Select(name => $"{name}={Short(inputs[name])}"))}]");

    /// <summary>The bytes of an output.</summary>
    public string Compute(string output, IReadOnlyDictionary<string, string> inputs) => $"{Id}/{output}: " + Reach switch
    {
        Reach.All => Short($"{Code} {Parameter} {Tool} {string.Join(' ', Inputs.Keys.Select(name => inputs[name]))}"),
        Reach.Half => $"{Parameter / 2} {string.Join(' ', Inputs.Keys.Select(name => inputs[name].Length == 0 ? "-" : inputs[name][^1..]))}",
        Reach.FirstInput => Inputs.Count == 0 ? "none" : Short(inputs[Inputs.Keys.First()]),
        _ => "always",
    };

    /// <summary>The step as the engine takes it.</summary>
    public Step ToStep(RandomWorld world) => new()
    {
        Name = StepName.Parse(Name),
        Action = Action,
        Address = new("models/m", Name),
        Code = StepRecord.NoOutputs.Add("code", Digest.Of($"code {Code}")),
        Parameters = new JsonObject { ["id"] = Id, ["reach"] = Reach.ToString(), ["p"] = Parameter, ["fails"] = Fails, ["fact"] = HasFact },
        Toolchain = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("tool", $"{Tool}.0"),
        Outputs = Outputs,
        FactNames = HasFact ? [Fact] : [],
        CheckedOut = IsCheckedOut ? ImmutableSortedDictionary.Create<string, WorkspacePath>(StringComparer.Ordinal).Add(Outputs[0], WorkspacePath.Parse($"s{Id}/{Outputs[0]}")) : ImmutableSortedDictionary.Create<string, WorkspacePath>(StringComparer.Ordinal),
        Inputs = Inputs.ToImmutableSortedDictionary(
            input => input.Key,
            input => input.Value.Path is { } path ? new FileInput(WorkspacePath.Parse(path)) : (StepInput)new OutputInput(StepName.Parse(world.Find(input.Value.Producer).Name), input.Value.Output),
            StringComparer.Ordinal),
    };

    private static string Short(string text) => Digest.Of(text).Hex[..12];
}

/// <summary>Declarations and files at one moment; a value, so that going back to an earlier one is easy.</summary>
internal sealed record RandomWorld(ImmutableList<RandomStep> Steps, ImmutableSortedDictionary<string, string> Files)
{
    public RandomStep Find(int id) => Steps.Find(step => step.Id == id)!;

    /// <summary>The content of a path: a file's text, or all of a folder; null if nothing is there.</summary>
    public string? Content(string path) =>
        Files.TryGetValue(path, out var text) ? text
        : Files.Keys.Any(file => file.StartsWith(path + "/", StringComparison.Ordinal))
            ? string.Join('\n', Files.Where(file => file.Key.StartsWith(path + "/", StringComparison.Ordinal)).Select(file => $"{file.Key[(path.Length + 1)..]}={file.Value}"))
            : null;

    public override string ToString() => string.Join('\n', Steps.Select(step => $"{step.Name} {step.IsCheckedOut} {step.Key(step.Inputs.ToDictionary(input => input.Key, input => $"{input.Value}"))}"));
}
