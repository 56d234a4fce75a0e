using System.Globalization;
using System.Text;
using MlOps.Content;

namespace MlOps.Code;

/// <summary>How a member of one listing differs from another's.</summary>
public enum MemberChangeKind
{
    /// <summary>It says something else.</summary>
    Changed,

    /// <summary>It is reached now.</summary>
    Added,

    /// <summary>It is reached no more.</summary>
    Removed,
}

/// <summary>A member that two listings differ in.</summary>
/// <param name="Path">How it is reached, from the entry to the member itself; where it is removed, how it was.</param>
public sealed record MemberChange(MemberChangeKind Kind, string Name, IReadOnlyList<string> Path)
{
    /// <summary>Where each of the path stands; null for what the sources do not have.</summary>
    public IReadOnlyList<SourcePlace?> Places { get; init; } = [];

    /// <summary>Where the member stood in the older listing; null where it was not, or where that is not known.</summary>
    public SourcePlace? Before { get; init; }
}

/// <summary>What code reached, as text that outlives the program which found it: a line <c>hex␠␠name⇥line</c> per member, where the number, from 1, is that of
/// the member which mentioned it first; entries have none. Where it stands in the sources may follow: <c>⇥file:first-last</c>.</summary>
public sealed class CodeListing
{
    private readonly Dictionary<string, (string Hex, string? From, SourcePlace? Place)> _members;

    private CodeListing(Dictionary<string, (string Hex, string? From, SourcePlace? Place)> members) => _members = members;

    /// <summary>Writes a fingerprint's members down.</summary>
    /// <param name="at">Where a member stands, if that is known.</param>
    public static string Text(CodeFingerprint fingerprint, Func<ReachedMember, SourcePlace?>? at = null)
    {
        var lines = fingerprint.Members.Select((member, line) => (member.Name, line)).ToDictionary(member => member.Name, member => member.line + 1, StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var member in fingerprint.Members)
        {
            var from = member.From is { } name && lines.TryGetValue(name, out var line) ? line.ToString(CultureInfo.InvariantCulture) : "";
            text.Append(member.Digest.Hex).Append("  ").Append(member.Name).Append('\t').Append(from);
            text.Append(at?.Invoke(member) is { } place ? $"\t{place}" : "").Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Text"/> wrote; null if it is not that of the digest.</summary>
    /// <param name="digest">The fingerprint's.</param>
    public static CodeListing? TryParse(string text, Digest digest)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var (names, members, listing) = (Array.ConvertAll(lines, NameOf), new Dictionary<string, (string, string?, SourcePlace?)>(StringComparer.Ordinal), new StringBuilder());
        for (var i = 0; i < lines.Length; i++)
        {
            var (line, name) = (lines[i], names[i]);
            var parts = line.Split('\t');
            if (name is null || !members.TryAdd(name, (line[..64], From(names, parts[1]), parts.Length > 2 ? SourcePlace.TryParse(parts[2]) : null)))
            {
                return null;
            }

            listing.Append(line, 0, line.IndexOf('\t', StringComparison.Ordinal)).Append('\n');
        }

        return text.EndsWith('\n') && Digest.Of(listing.ToString()) == digest ? new(members) : null;
    }

    /// <summary>What changed from an older listing to this one: by name, what is another first, then what is new, then what is gone.</summary>
    public IReadOnlyList<MemberChange> Since(CodeListing older)
    {
        var changes = _members.Where(member => !older._members.TryGetValue(member.Key, out var was) || was.Hex != member.Value.Hex)
            .Select(member => Change(older._members.ContainsKey(member.Key) ? MemberChangeKind.Changed : MemberChangeKind.Added, member.Key) with { Before = older._members.GetValueOrDefault(member.Key).Place })
            .Concat(older._members.Keys.Where(name => !_members.ContainsKey(name)).Select(name => older.Change(MemberChangeKind.Removed, name) with { Before = older._members[name].Place }));
        return [.. changes.OrderBy(change => change.Kind).ThenBy(change => change.Name, StringComparer.Ordinal)];
    }

    private MemberChange Change(MemberChangeKind kind, string name)
    {
        var path = Path(name);
        return new(kind, name, path) { Places = path.ConvertAll(at => _members[at].Place) };
    }

    private List<string> Path(string name)
    {
        var path = new List<string>();
        for (var at = name; at is not null && !path.Contains(at); at = _members[at].From)
        {
            path.Insert(0, at);
        }

        return path;
    }

    private static string? NameOf(string line) => line.Length > 66 && line.IndexOf('\t', StringComparison.Ordinal) is var tab and >= 66 ? line[66..tab] : null;

    private static string? From(string?[] names, string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var from) && from >= 1 && from <= names.Length ? names[from - 1] : null;
}
