using System.Collections.Immutable;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>What a step's fingerprint covers, and how it differs from what the lock says.</summary>
internal static class StepDescription
{
    /// <summary>The fingerprint of a step whose inputs have these digests.</summary>
    public static Fingerprint Fingerprint(Step step, IReadOnlyDictionary<string, Digest> inputs) => Content.Fingerprint.Of(Parts(step, inputs));

    /// <summary>What the fingerprint of a step covers whose inputs have these digests.</summary>
    public static IEnumerable<FingerprintPart> Parts(Step step, IReadOnlyDictionary<string, Digest> inputs) =>
    [
        new("/action", step.Action),
        .. Owned(step),
        .. inputs.Select(input => Part("inputs", input.Key, input.Value)),
        .. step.Outputs.Select(output => new FingerprintPart($"/outputs/{Content.Fingerprint.Escape(output)}", "")),
    ];

    /// <summary>What differs in the parts that are the step's own: code, parameters, toolchain.</summary>
    public static IReadOnlyList<PartChange> OwnChanges(Step step, StepTrace trace) =>
        Content.Fingerprint.Difference(Sorted(Owned(trace.Code, trace.Parameters, trace.Toolchain)), Sorted(Owned(step)));

    /// <summary>What differs in the inputs, as far as the lock shows what they were.</summary>
    public static IReadOnlyList<PartChange> InputChanges(Step step, StepTrace trace, IReadOnlyDictionary<string, Digest> inputs, StepGraph graph, LockFile old)
    {
        var before = new List<FingerprintPart>();
        var after = new List<FingerprintPart>();
        foreach (var (name, digest) in inputs)
        {
            var was = step.Inputs[name] switch
            {
                OutputInput from => old.Find(graph.Find(from.Step)!.Address)?.Outputs.TryGetValue(from.Output, out var output) == true ? output : default,
                FileInput { InLock: false } => old.Fact(step.Address.Owner, "sha256") is { } fact && Digest.TryParse(fact.ToString(), out var pinned) ? pinned : default,
                _ => trace.Inputs.GetValueOrDefault(name),
            };
            after.Add(Part("inputs", name, digest));
            if (!was.IsEmpty)
            {
                before.Add(Part("inputs", name, was));
            }
        }

        before.AddRange(trace.Inputs.Where(input => !inputs.ContainsKey(input.Key)).Select(input => Part("inputs", input.Key, input.Value)));
        return Content.Fingerprint.Difference(Sorted(before), Sorted(after));
    }

    /// <summary>The reason that a list of changes amounts to.</summary>
    public static StaleReason Reason(IReadOnlyList<PartChange> changes)
    {
        foreach (var (prefix, reason) in s_reasons)
        {
            if (changes.Any(change => change.Name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                return reason;
            }
        }

        return StaleReason.DeclarationChanged;
    }

    private static readonly (string Prefix, StaleReason Reason)[] s_reasons =
    [
        ("/toolchain", StaleReason.ToolchainChanged),
        ("/code", StaleReason.CodeChanged),
        ("/parameters", StaleReason.ParameterChanged),
        ("/inputs", StaleReason.InputChanged),
    ];

    private static IEnumerable<FingerprintPart> Owned(Step step) => Owned(step.Code, step.Parameters, step.Toolchain);

    private static IEnumerable<FingerprintPart> Owned(
        ImmutableSortedDictionary<string, Digest> code, System.Text.Json.Nodes.JsonObject parameters, ImmutableSortedDictionary<string, string> toolchain) =>
    [
        .. code.Select(part => Part("code", part.Key, part.Value)),
        .. parameters.Count > 0 ? Content.Fingerprint.Flatten("/parameters", parameters) : [],
        .. toolchain.Select(part => new FingerprintPart($"/toolchain/{Content.Fingerprint.Escape(part.Key)}", part.Value)),
    ];

    private static FingerprintPart Part(string kind, string name, Digest digest) => new($"/{kind}/{Content.Fingerprint.Escape(name)}", digest.ToString());

    private static FingerprintPart[] Sorted(IEnumerable<FingerprintPart> parts)
    {
        var sorted = parts.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return sorted;
    }
}
