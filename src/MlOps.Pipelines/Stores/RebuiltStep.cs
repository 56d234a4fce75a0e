using System.Globalization;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Stores;

/// <summary>How a step that ran again compares with the lock.</summary>
/// <param name="Step">The step.</param>
/// <param name="Differences">What differs; empty if every byte and fact is the same.</param>
/// <param name="IsComparable">False if it read what an earlier step made otherwise this time, so that its own bytes say nothing.</param>
internal sealed record RebuiltStep(Step Step, IReadOnlyList<string> Differences, bool IsComparable)
{
    private const int BlockBytes = 1 << 16;

    /// <summary>Compares a step's new result with what the lock says of it.</summary>
    public static RebuiltStep Of(StepOutcome outcome, LockFile pinned, ContentStore before, ContentStore now, bool isComparable)
    {
        var trace = pinned.Find(outcome.Step.Address)!;
        var differences = new List<string>();
        foreach (var (output, digest) in outcome.Result!.Outputs)
        {
            var was = trace.Outputs.GetValueOrDefault(output);
            if (was != digest)
            {
                var at = FirstDifference(before.PathOf(was), now.PathOf(digest));
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"output '{output}': {was} → {digest}{(at is null ? "" : $", first at byte {at}")}"));
            }
        }

        foreach (var (name, fact) in outcome.Result.Facts)
        {
            if (CanonicalJson.Compact(pinned.Fact(outcome.Step.Address.Owner, name)) is var was && was != CanonicalJson.Compact(fact))
            {
                differences.Add($"{name}: {was} → {CanonicalJson.Compact(fact)}");
            }
        }

        return new(outcome.Step, differences, isComparable);
    }

    /// <summary>The offset of the first byte in which two files differ; null if one of them is not there.</summary>
    private static long? FirstDifference(string left, string right)
    {
        if (!File.Exists(left) || !File.Exists(right))
        {
            return null;
        }

        using var a = File.OpenRead(left);
        using var b = File.OpenRead(right);
        var (one, other) = (new byte[BlockBytes], new byte[BlockBytes]);
        for (long at = 0; ; at += BlockBytes)
        {
            var (read, too) = (a.ReadAtLeast(one, BlockBytes, throwOnEndOfStream: false), b.ReadAtLeast(other, BlockBytes, throwOnEndOfStream: false));
            var same = one.AsSpan(0, read).CommonPrefixLength(other.AsSpan(0, too));
            if (same < Math.Max(read, too) || read < BlockBytes)
            {
                return at + same;
            }
        }
    }
}
