using System.Text;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Pipelines.Runs;

namespace MlOps.Pipelines.Reports;

/// <summary>What changed in the code of steps, by methods and types.</summary>
/// <param name="Name">The part of the code: <c>boosted-trees</c>, or a function of a model: <c>Demand.Clean</c>.</param>
/// <param name="Old">Its digest before.</param>
/// <param name="New">Its digest after.</param>
/// <param name="Members">What changed; null where one of the listings is not known here.</param>
/// <param name="Sources">The sources' lines that did it, where they are known.</param>
internal sealed record CodeChange(string Name, Digest Old, Digest New, IReadOnlyList<MemberChange>? Members, IReadOnlyList<SourceDiff> Sources)
{
    private const string Prefix = "/code/", Package = "package ", Whole = "all of ";
    private const int Shown = 10;

    /// <summary>The changes of code among those of steps, each once.</summary>
    public static IReadOnlyList<CodeChange> Of(IEnumerable<PartChange> changes, KnownCode code)
    {
        var found = new List<CodeChange>();
        foreach (var (name, old, now) in Digests(changes).Distinct())
        {
            var members = code.Find(old) is { } before && code.Find(now) is { } after ? after.Since(before) : null;
            found.Add(new(name, old, now, members, members is null ? [] : Between(members, code.Sources(old), code.Sources(now))));
        }

        return found;
    }

    /// <summary>The parts of code that are others now, by their names, with the digests before and after.</summary>
    public static IEnumerable<(string Name, Digest Old, Digest New)> Digests(IEnumerable<PartChange> changes)
    {
        foreach (var change in changes.Where(change => change.Name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (Digest.TryParse(change.Old, out var old) && Digest.TryParse(change.New, out var now))
            {
                yield return (change.Name[Prefix.Length..], old, now);
            }
        }
    }

    /// <summary>Writes it for people.</summary>
    /// <param name="text">Gets it.</param>
    /// <param name="told">The diffs that were shown before; they are not shown again.</param>
    /// <param name="paint">Whether a terminal shows it in colours.</param>
    public void Append(StringBuilder text, HashSet<string> told, bool paint)
    {
        text.Append($"  code {Name} {Old.Hex[..8]} → {New.Hex[..8]}: ");
        if (Members is null)
        {
            text.Append("what changed is not known, because the listing of one of them is not on this machine\n");
            return;
        }

        var packages = Packages();
        var others = Members.Where(member => !member.Name.StartsWith(Package, StringComparison.Ordinal)).ToList();
        text.Append(others.Count == 0 && packages.Count > 0 ? "no code of yours, but what it is built on\n" : $"{others.Count} {(others.Count == 1 ? "member" : "members")}\n");
        foreach (var package in packages)
        {
            text.Append($"    {package}\n");
        }

        foreach (var member in others.Take(Shown))
        {
            text.Append($"    {Word(member)} {member.Name}{(member.Places is [.., { } place] ? $" ({place.Start})" : "")}\n");
            if (member.Path.Count > 1 && (member == others[0] || member.Places.Any(at => at is not null)))
            {
                text.Append($"      {(member.Kind == MemberChangeKind.Removed ? "was reached" : "reached")} by {string.Join(" → ", member.Path.Zip(member.Places, Named))}\n");
            }
        }

        if (others.Count > Shown)
        {
            text.Append($"    and {others.Count - Shown} more\n");
        }

        if (others.FirstOrDefault(member => member.Name.StartsWith(Whole, StringComparison.Ordinal)) is { Path: [.., var reader, _] })
        {
            text.Append($"    names and attributes count as well, because {reader} looks at code as data\n");
        }

        foreach (var line in Sources.Select(source => source.Text).Where(told.Add).SelectMany(source => source.TrimEnd('\n').Split('\n')))
        {
            text.Append("    ").Append(paint ? Painted(line) : line).Append('\n');
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
            ["where"] = member.Places is [.., { } place] ? place.ToString() : null,
            ["stood"] = member.Before?.ToString(),
            ["path"] = new JsonArray([.. member.Path.Select(name => (JsonNode)name)]),
            ["places"] = new JsonArray([.. member.Places.Select(at => (JsonNode?)at?.Start)]),
        })]),
        ["sources"] = new JsonArray([.. Sources.Select(source => (JsonNode)new JsonObject { ["file"] = source.File, ["diff"] = source.Text })]),
    };

    /// <summary>The lines about the members; where a member's own did not change, as when a constant did, those of its file; and if none did there, of all files. No line says which packages there are, or that more counts.</summary>
    private static List<SourceDiff> Between(IReadOnlyList<MemberChange> members, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        if (before.Count == 0 || after.Count == 0)
        {
            return [];
        }

        var all = before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Where(file => before.GetValueOrDefault(file) != after.GetValueOrDefault(file))
            .Select(file => SourceDiff.Of(file, before.GetValueOrDefault(file, ""), after.GetValueOrDefault(file, ""))).ToList();
        var kept = new HashSet<SourceHunk>(ReferenceEqualityComparer.Instance);
        foreach (var member in members.Where(member => !member.Name.StartsWith(Package, StringComparison.Ordinal) && !member.Name.StartsWith(Whole, StringComparison.Ordinal)))
        {
            var (was, now) = (member.Before, member.Kind == MemberChangeKind.Removed ? null : member.Places.LastOrDefault());
            var files = all.Where(source => source.File == was?.File || source.File == now?.File).ToList();
            var own = files.SelectMany(source => source.Hunks.Where(hunk => hunk.Touches(was?.File == source.File ? was : null, now?.File == source.File ? now : null))).ToList();
            kept.UnionWith(own.Count > 0 ? own : (files.Count > 0 ? files : all).SelectMany(source => source.Hunks));
        }

        return [.. all.Select(source => source with { Hunks = [.. source.Hunks.Where(kept.Contains)] }).Where(source => source.Hunks.Count > 0)];
    }

    /// <summary>Packages that are reached in another version, no more, or now.</summary>
    private List<string> Packages()
    {
        var (gone, here) = (Versions(MemberChangeKind.Removed), Versions(MemberChangeKind.Added));
        return [.. gone.Keys.Union(here.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => $"package {name} {gone.GetValueOrDefault(name, "none")} → {here.GetValueOrDefault(name, "none")}")];

        Dictionary<string, string> Versions(MemberChangeKind kind) => Members!.Where(member => member.Kind == kind && member.Name.StartsWith(Package, StringComparison.Ordinal))
            .Select(member => member.Name[Package.Length..].Split(' ', 2)).ToDictionary(package => package[0], package => package.Length > 1 ? package[1] : "", StringComparer.Ordinal);
    }

    /// <summary>A step on the way: its name without parameters, and where it stands.</summary>
    private static string Named(string member, SourcePlace? place)
    {
        var name = member.StartsWith("static ", StringComparison.Ordinal) ? member["static ".Length..] : member;
        return place is null ? name : $"{(name.IndexOf('(', StringComparison.Ordinal) is > 0 and var open ? name[..open] : name)} ({place.Start})";
    }

    private static string Painted(string line) => line.StartsWith('+') ? $"\e[32m{line}\e[0m" : line.StartsWith('-') ? $"\e[31m{line}\e[0m" : line.StartsWith('@') ? $"\e[36m{line}\e[0m" : line;

    private static string Word(MemberChange member) => member.Kind switch
    {
        MemberChangeKind.Changed => "changed",
        MemberChangeKind.Added => "added",
        _ => "removed",
    };
}
