using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Pipelines.Reports;

/// <summary>How a dataset differs between two states.</summary>
/// <param name="Before">Number of rows before, if known.</param>
/// <param name="After">Number of rows after, if known.</param>
/// <param name="Difference">Rows added and removed, where the digests of both states' rows are in the store.</param>
internal sealed record DatasetChange(string Dataset, long? Before, long? After, RowDifference? Difference)
{
    /// <summary>Columns added, removed and with another type: name, type before, type after.</summary>
    public IReadOnlyList<PartChange> Columns { get; init; } = [];

    /// <summary>For a dataset of files: those added, removed and changed, with their digests, where both listings are in the store; else null.</summary>
    public IReadOnlyList<PartChange>? Files { get; init; }

    /// <summary>It in words.</summary>
    public string Text => string.Join("; ", new[] { Files is null ? Rows : Listed(Files) }.Concat(Columns.Select(Column)));

    /// <summary>What differs between two objects of texts, such as the lock's <c>columns</c>.</summary>
    public static IReadOnlyList<PartChange> Between(JsonNode? before, JsonNode? after) => before is not JsonObject was || after is not JsonObject now ? [] : Fingerprint.Difference(Parts(was), Parts(now));

    /// <summary>What differs between two listings of files.</summary>
    public static IReadOnlyList<PartChange>? Between(TreeListing? before, TreeListing? after) => before is null || after is null ? null : Fingerprint.Difference(Parts(before), Parts(after));

    /// <summary>Files in words: how many of each kind, and the first of them.</summary>
    public static string Listed(IReadOnlyList<PartChange> files)
    {
        var kinds = new[]
        {
            (Word: "added", Files: files.Where(file => file.Old is null).ToList()),
            (Word: "removed", Files: files.Where(file => file.New is null).ToList()),
            (Word: "changed", Files: files.Where(file => file is { Old: not null, New: not null }).ToList()),
        };
        return string.Join(", ", kinds.Where(kind => kind.Files.Count > 0).Select(kind => string.Create(
            CultureInfo.InvariantCulture,
            $"{kind.Files.Count:N0} {(kind.Files.Count == 1 ? "file" : "files")} {kind.Word} ({string.Join(", ", kind.Files.Take(3).Select(file => file.Name))}{(kind.Files.Count > 3 ? ", …" : "")})")));
    }

    private string Rows
    {
        get
        {
            var counts = Before == After ? $"{After?.ToString() ?? "?"} rows" : $"{Before?.ToString() ?? "?"} → {After?.ToString() ?? "?"} rows";
            var difference = Difference?.ToString()
                ?? (Before is { } before && After is { } after && before != after ? $"{(after > before ? "+" : "−")}{Math.Abs(after - before)} {(Math.Abs(after - before) == 1 ? "row" : "rows")} by count" : null);
            return Before is null ? $"new, {After} rows" : After is null ? "gone from the lock" : difference is null ? counts : $"{difference} ({counts})";
        }
    }

    private static string Column(PartChange column) => (column.Old, column.New) switch
    {
        (null, { } type) => $"column {column.Name} added ({type})",
        ({ } type, null) => $"column {column.Name} removed ({type})",
        var (old, now) => $"column {column.Name} {old} → {now}",
    };

    private static List<FingerprintPart> Parts(JsonObject texts) =>
        [.. texts.Select(text => new FingerprintPart(text.Key, text.Value?.ToString() ?? "")).OrderBy(part => part.Name, StringComparer.Ordinal)];

    private static List<FingerprintPart> Parts(TreeListing listing) =>
        [.. listing.Entries.Select(file => new FingerprintPart(file.Path, file.Content.Hex)).OrderBy(part => part.Name, StringComparer.Ordinal)];
}
