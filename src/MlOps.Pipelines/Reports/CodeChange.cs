using System.Text;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines.Reports;

/// <summary>What changed in the code of steps, by methods and types.</summary>
/// <param name="Name">The part of the code: <c>boosted-trees</c>.</param>
/// <param name="Old">Its digest before.</param>
/// <param name="New">Its digest after.</param>
/// <param name="Members">What changed; null where one of the listings is not known here.</param>
internal sealed record CodeChange(string Name, Digest Old, Digest New, IReadOnlyList<MemberChange>? Members)
{
    private const string Prefix = "/code/";
    private const int Shown = 10;

    /// <summary>The changes of code among those of steps, each once.</summary>
    public static IReadOnlyList<CodeChange> Of(IEnumerable<PartChange> changes, KnownCode code)
    {
        var found = new List<CodeChange>();
        foreach (var change in changes.Where(change => change.Name.StartsWith(Prefix, StringComparison.Ordinal)).Distinct())
        {
            if (Digest.TryParse(change.Old, out var old) && Digest.TryParse(change.New, out var now))
            {
                found.Add(new(change.Name[Prefix.Length..], old, now, code.Find(old) is { } before && code.Find(now) is { } after ? after.Since(before) : null));
            }
        }

        return found;
    }

    public void Append(StringBuilder text)
    {
        text.Append($"  code {Name} {Old.Hex[..8]} → {New.Hex[..8]}: ");
        if (Members is null)
        {
            text.Append("what changed is not known, because the listing of one of them is not on this machine\n");
            return;
        }

        text.Append($"{Members.Count} {(Members.Count == 1 ? "member" : "members")}\n");
        foreach (var member in Members.Take(Shown))
        {
            text.Append($"    {Word(member)} {member.Name}\n");
        }

        if (Members.Count > Shown)
        {
            text.Append($"    and {Members.Count - Shown} more\n");
        }

        if (Members.Count > 0)
        {
            text.Append($"    the first is reached by {string.Join(" → ", Members[0].Path)}\n");
        }
    }

    public JsonObject Json() => new()
    {
        ["name"] = Name,
        ["before"] = Old.ToString(),
        ["after"] = New.ToString(),
        ["members"] = Members is null ? null : new JsonArray([.. Members.Select(member => (JsonNode)new JsonObject
        {
            ["name"] = member.Name,
            ["change"] = Word(member),
            ["path"] = new JsonArray([.. member.Path.Select(name => (JsonNode)name)]),
        })]),
    };

    private static string Word(MemberChange member) => member.Kind switch
    {
        MemberChangeKind.Changed => "changed",
        MemberChangeKind.Added => "added",
        _ => "removed",
    };
}
