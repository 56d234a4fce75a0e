using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Pipelines.Datasets;

/// <summary>How what a dataset is to become differs from what the lock pins.</summary>
/// <param name="Name">The dataset.</param>
/// <param name="Before">The pinned digest; null where nothing is pinned.</param>
/// <param name="After">The new digest; null where the source said "not modified".</param>
internal sealed record DatasetDifference(string Name, Digest? Before, Digest? After)
{
    private const int Shown = 10;

    public (long? Before, long After) Bytes { get; init; }

    /// <summary>Row counts; null where it is no table.</summary>
    public (long? Before, long After)? RowCounts { get; init; }

    /// <summary>Rows added and removed, where the digests of the pinned rows can be had.</summary>
    public RowDifference? Rows { get; init; }

    /// <summary>What happened to columns and files, such as <c>+ humidity (number)</c>.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    public bool IsChanged => After is not null && After != Before;

    /// <summary>Columns that came, went or have another type, by name.</summary>
    public static IReadOnlyList<string> Columns(JsonObject? before, Frame after)
    {
        var old = (before ?? []).ToDictionary(column => column.Key, column => (string)column.Value!, StringComparer.Ordinal);
        var now = after.Columns.ToDictionary(column => column.Name, column => JsonNamingPolicy.CamelCase.ConvertName(column.Type.ToString()), StringComparer.Ordinal);
        return before is null ? [] : [.. old.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Select(name => (old.GetValueOrDefault(name), now.GetValueOrDefault(name)) switch
        {
            (null, { } type) => $"+ column {name} ({type})",
            ({ } type, null) => $"− column {name} ({type})",
            ({ } was, { } type) when was != type => $"column {name}: {was} → {type}",
            _ => "",
        }).Where(line => line.Length > 0)];
    }

    /// <summary>Files that came, went or changed, by path; of many of a kind the first ten.</summary>
    public static IReadOnlyList<string> Files(TreeListing? before, TreeListing after)
    {
        if (before is null)
        {
            return [];
        }

        var old = before.Entries.ToDictionary(entry => entry.Path, entry => entry.Content, StringComparer.Ordinal);
        var now = after.Entries.ToDictionary(entry => entry.Path, entry => entry.Content, StringComparer.Ordinal);
        return [.. Kind("added", now.Keys.Except(old.Keys)), .. Kind("removed", old.Keys.Except(now.Keys)), .. Kind("changed", now.Where(file => old.TryGetValue(file.Key, out var was) && was != file.Value).Select(file => file.Key))];

        static IEnumerable<string> Kind(string word, IEnumerable<string> paths)
        {
            var all = paths.Order(StringComparer.Ordinal).ToList();
            return all.Count == 0 ? [] : [$"{all.Count} {(all.Count == 1 ? "file" : "files")} {word}: {string.Join(", ", all.Take(Shown))}{(all.Count > Shown ? ", …" : "")}"];
        }
    }

    public string Text()
    {
        if (After is null || After == Before)
        {
            return $"data/{Name}: {(After is null ? "not modified" : "the same bytes")}";
        }

        var lines = new List<string> { $"data/{Name}: {(Before is null ? "new" : "changed")}" };
        if (RowCounts is var (before, after))
        {
            var rows = before is null || before == after ? $"{after} rows" : $"{before} → {after} rows";
            lines.Add(Rows is { } difference ? $"{difference} ({rows})" : rows);
        }

        lines.AddRange(Parts);
        lines.Add(Bytes.Before is null ? $"{Bytes.After} bytes" : $"bytes {Bytes.Before} → {Bytes.After}");
        lines.Add(Before is null ? $"sha256 {After.Value.Hex}" : $"sha256 {Before.Value.Hex[..12]}… → {After.Value.Hex[..12]}…");
        return string.Join("\n  ", lines);
    }

    public JsonObject Json() => new()
    {
        ["dataset"] = Name,
        ["changed"] = IsChanged,
        ["modified"] = After is not null,
        ["sha256"] = new JsonObject { ["before"] = Before?.Hex, ["after"] = (After ?? Before)?.Hex },
        ["bytes"] = After is null ? null : new JsonObject { ["before"] = Bytes.Before, ["after"] = Bytes.After },
        ["rows"] = RowCounts is var (before, after) ? new JsonObject { ["before"] = before, ["after"] = after, ["added"] = Rows?.Added, ["removed"] = Rows?.Removed } : null,
        ["parts"] = new JsonArray([.. Parts.Select(part => (JsonNode)part)]),
    };
}
