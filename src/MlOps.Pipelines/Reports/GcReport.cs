using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Reports;

/// <summary>What <c>Gc</c> keeps and removes, as a table and as JSON.</summary>
internal sealed class GcReport(IReadOnlyList<StoredFile> files, IReadOnlyList<StoredFile> unneeded, int locks, bool dryRun)
{
    private const int MostName = 200;

    private static readonly (StoredKind Kind, string Name)[] s_kinds =
    [
        (StoredKind.Object, "objects"),
        (StoredKind.Record, "records"),
        (StoredKind.Damaged, "damaged"),
        (StoredKind.Partial, "partial"),
        (StoredKind.Temporary, "temporary"),
    ];

    /// <summary>The pulled packages that go.</summary>
    public IReadOnlyList<Descriptor> Packages { get; init; } = [];

    /// <summary>How many attestations go, because what they are about does.</summary>
    public int Attestations { get; init; }

    /// <summary>A byte count as people read it.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };

    public string Announcement() => unneeded.Count == 0 ? "nothing to remove" : $"removing {Count(unneeded.Count)} files, {Size(unneeded.Sum(file => file.Bytes))}";

    public string Text()
    {
        var table = new TextTable("kind", "kept", "size", dryRun ? "would remove" : "removed", "size");
        foreach (var (kind, name) in s_kinds)
        {
            var (kept, gone) = Split(kind);
            if (kept.Count + gone.Count > 0)
            {
                table.Add(name, Count(kept.Count), Size(kept.Bytes), Count(gone.Count), Size(gone.Bytes));
            }
        }

        var verb = dryRun ? "would drop" : "dropped";
        var packages = string.Concat(Names().Select(name => ForeignText.Shown(name, MostName)).Select(name => $"\n{verb} package {name}, which was pulled and no lock numbers (Pull {name} brings it again)"));
        var attestations = Attestations == 0 ? "" : $"\n{verb} {Count(Attestations)} attestations of what is gone";
        return $"{table}\n{packages}{attestations}\n{Count(locks)} locks of branches, tags, stashes and working trees were read";
    }

    public JsonObject Json() => new()
    {
        ["locks"] = locks,
        ["dryRun"] = dryRun,
        ["packages"] = new JsonArray([.. Names().Select(name => (JsonNode)name)]),
        ["attestations"] = Attestations,
        ["kinds"] = new JsonObject(s_kinds.Select(kind =>
        {
            var (kept, gone) = Split(kind.Kind);
            return KeyValuePair.Create(kind.Name, (JsonNode?)new JsonObject
            {
                ["kept"] = kept.Count, ["keptBytes"] = kept.Bytes, ["removed"] = gone.Count, ["removedBytes"] = gone.Bytes,
            });
        })),
    };

    private IEnumerable<string> Names() => Packages.Select(one => PackageShelf.Tag(one)!.Value).Select(tag => $"{tag.Name}@{tag.Version}");

    private ((int Count, long Bytes) Kept, (int Count, long Bytes) Gone) Split(StoredKind kind)
    {
        var all = files.Where(file => file.Kind == kind).ToList();
        var gone = unneeded.Where(file => file.Kind == kind).ToList();
        var bytes = gone.Sum(file => file.Bytes);
        return ((all.Count - gone.Count, all.Sum(file => file.Bytes) - bytes), (gone.Count, bytes));
    }

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
