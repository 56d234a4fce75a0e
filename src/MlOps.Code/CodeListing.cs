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
public sealed record MemberChange(MemberChangeKind Kind, string Name, IReadOnlyList<string> Path);

/// <summary>What code reached, as text that outlives the program which found it: a line <c>hex␠␠name⇥line</c> per member, where the last number, from 1, is that of
/// the member which mentioned it first; entries have none.</summary>
public sealed class CodeListing
{
    private readonly Dictionary<string, (string Hex, string? From)> _members;

    private CodeListing(Dictionary<string, (string Hex, string? From)> members) => _members = members;

    /// <summary>Writes a fingerprint's members down.</summary>
    public static string Text(CodeFingerprint fingerprint)
    {
        var lines = fingerprint.Members.Select((member, line) => (member.Name, line)).ToDictionary(member => member.Name, member => member.line + 1, StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var member in fingerprint.Members)
        {
            var from = member.From is { } name && lines.TryGetValue(name, out var line) ? line.ToString(CultureInfo.InvariantCulture) : "";
            text.Append(member.Digest.Hex).Append("  ").Append(member.Name).Append('\t').Append(from).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Text"/> wrote; null if it is not that of the digest.</summary>
    /// <param name="digest">The fingerprint's.</param>
    public static CodeListing? TryParse(string text, Digest digest)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var (names, members, listing) = (Array.ConvertAll(lines, NameOf), new Dictionary<string, (string, string?)>(StringComparer.Ordinal), new StringBuilder());
        for (var i = 0; i < lines.Length; i++)
        {
            var (line, name) = (lines[i], names[i]);
            if (name is null || !members.TryAdd(name, (line[..64], From(names, line))))
            {
                return null;
            }

            listing.Append(line, 0, line.LastIndexOf('\t')).Append('\n');
        }

        return text.EndsWith('\n') && Digest.Of(listing.ToString()) == digest ? new(members) : null;
    }

    /// <summary>What changed from an older listing to this one: by name, what is another first, then what is new, then what is gone.</summary>
    public IReadOnlyList<MemberChange> Since(CodeListing older)
    {
        var changes = _members.Where(member => !older._members.TryGetValue(member.Key, out var was) || was.Hex != member.Value.Hex)
            .Select(member => new MemberChange(older._members.ContainsKey(member.Key) ? MemberChangeKind.Changed : MemberChangeKind.Added, member.Key, Path(member.Key)))
            .Concat(older._members.Keys.Where(name => !_members.ContainsKey(name)).Select(name => new MemberChange(MemberChangeKind.Removed, name, older.Path(name))));
        return [.. changes.OrderBy(change => change.Kind).ThenBy(change => change.Name, StringComparer.Ordinal)];
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

    private static string? NameOf(string line) => line.Length > 66 && line.LastIndexOf('\t') is var tab and >= 66 ? line[66..tab] : null;

    private static string? From(string?[] names, string line) =>
        int.TryParse(line.AsSpan(line.LastIndexOf('\t') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var from) && from >= 1 && from <= names.Length ? names[from - 1] : null;
}
