using System.Text;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Stale reasons in words.</summary>
internal static class Wording
{
    private const int ShownChanges = 3, ShownValue = 40;

    public static string Explain(PlannedStep step) => step.Reason switch
    {
        StaleReason.None => "",
        StaleReason.Frozen => "frozen",
        StaleReason.Forced => "forced",
        StaleReason.Always => "always runs",
        StaleReason.NeverBuilt => "never built",
        StaleReason.FactMissing => "the lock lacks a fact of it",
        StaleReason.LockContradicted => "the lock tells another result than its run gave",
        StaleReason.OutputMissing => "an output is not in the store",
        StaleReason.DeclarationChanged when step.Changes.Count == 0 => "its declaration changed",
        StaleReason.UpstreamPending => $"depends on {string.Join(", ", step.DependsOn)}",
        _ => Changes(step.Changes),
    };

    /// <summary>Of an input whose content changed.</summary>
    public static string InputChanged(string name, Digest was, Digest now) => $"input {name} changed: {was.Hex[..8]} → {now.Hex[..8]}";

    /// <summary>Several changes in one line: the first few, and how many there are.</summary>
    public static string Joined(IReadOnlyList<string> changes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < changes.Count && i < ShownChanges; i++)
        {
            text.Append(i == 0 ? "" : "; ").Append(changes[i]);
        }

        return changes.Count > ShownChanges ? $"{text}; and {changes.Count - ShownChanges} more" : text.ToString();
    }

    private static string Changes(IReadOnlyList<PartChange> changes) => Joined([.. changes.Select(Change)]);

    private static string Change(PartChange change)
    {
        var (kind, name) = Split(change.Name);
        return (change.Old, change.New) switch
        {
            (null, { } now) => kind is "input" ? $"{kind} {name} changed" : $"{kind} {name} added: {Short(now)}",
            ({ } was, null) => $"{kind} {name} removed: {Short(was)}",
            var (was, now) => $"{kind} {name} changed: {Short(was!)} → {Short(now!)}",
        };
    }

    private static (string Kind, string Name) Split(string part)
    {
        var slash = part.IndexOf('/', 1);
        var kind = slash < 0 ? part[1..] : part[1..slash];
        var name = slash < 0 ? "" : part[(slash + 1)..].Replace("/", ".", StringComparison.Ordinal)
            .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        return (kind is "parameters" or "inputs" or "outputs" ? kind[..^1] : kind, name);
    }

    private static string Short(string value) =>
        Digest.TryParse(value, out var digest) ? digest.Hex[..8]
        : value.Length > ShownValue ? string.Concat(value.AsSpan(0, ShownValue), "…")
        : value;
}
