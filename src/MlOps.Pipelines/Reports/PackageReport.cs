using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Reports;

/// <summary>The packages that a lock pins, with their versions and why they are these, as a table and as JSON.</summary>
internal sealed class PackageReport
{
    private readonly List<(ModelPackage Package, VersionDecision Decision, string Attested)> _rows = [];

    public void Add(ModelPackage package, VersionDecision decision, string attested) => _rows.Add((package, decision, attested));

    public string Text()
    {
        var table = new TextTable("package", "version", "digest", "size", "why this number", "attested");
        foreach (var (package, decision, attested) in _rows)
        {
            table.Add(package.Description.Name, decision.Version.ToString(), Short(package.Digest), GcReport.Size(package.Size), decision.Reason, attested);
        }

        return table.ToString();
    }

    public JsonObject Json() => new()
    {
        ["packages"] = new JsonArray([.. _rows.Select(row => (JsonNode)new JsonObject
        {
            ["attested"] = row.Attested.StartsWith("yes", StringComparison.Ordinal),
            ["bytes"] = row.Package.Size,
            ["digest"] = row.Package.Digest.ToString(),
            ["name"] = row.Package.Description.Name,
            ["reason"] = row.Decision.Reason,
            ["version"] = row.Decision.Version.ToString(),
        })]),
    };

    public static string Short(Digest digest) => $"{Digest.Prefix}{digest.Hex[..12]}";
}

/// <summary>All versions that are known, as a table and as JSON.</summary>
/// <param name="store">What is here.</param>
/// <param name="shelf">What is said of them.</param>
internal sealed class PackageListReport(ContentStore store, PackageShelf shelf)
{
    private readonly List<(string Name, string Version, Digest Digest, bool IsCurrent, bool IsPulled)> _rows = [];

    public void Add(string name, string version, Digest digest, bool isCurrent, bool isPulled) => _rows.Add((name, version, digest, isCurrent, isPulled));

    public string Text()
    {
        if (_rows.Count == 0)
        {
            return "there is no package yet: ./build.sh Package";
        }

        var table = new TextTable("package", "version", "digest", "here", "attested");
        foreach (var row in _rows)
        {
            table.Add(row.Name, row.Version, PackageReport.Short(row.Digest), Here(row.Digest, row.IsCurrent, row.IsPulled), string.Join(", ", Said(row.Digest)));
        }

        return table.ToString();
    }

    public JsonObject Json() => new()
    {
        ["packages"] = new JsonArray([.. _rows.Select(row => (JsonNode)new JsonObject
        {
            ["attestations"] = new JsonArray([.. Said(row.Digest).Select(said => (JsonNode)said)]),
            ["current"] = row.IsCurrent,
            ["digest"] = row.Digest.ToString(),
            ["here"] = IsHere(row.Digest),
            ["name"] = row.Name,
            ["pulled"] = row.IsPulled,
            ["version"] = row.Version,
        })]),
    };

    private bool IsHere(Digest digest) => PackageShelf.ObjectsOf(store, digest).All(store.Contains);

    private string Here(Digest digest, bool isCurrent, bool isPulled) => !IsHere(digest) ? "no" : isCurrent ? "current" : isPulled ? "pulled" : "yes";

    private IEnumerable<string> Said(Digest digest) => shelf.Referrers(digest).Select(attached => Manifest.TryParse(attached.Bytes.Span) is { } manifest ? Attestor.Of(manifest)?.Predicate : null).OfType<string>()
        .Select(Word).Distinct().Order(StringComparer.Ordinal);

    /// <summary>What people call a kind of statement.</summary>
    public static string Word(string predicate) => predicate switch
    {
        PredicateTypes.Provenance => "provenance",
        PredicateTypes.TestResult => "gate",
        PredicateTypes.CycloneDx => "bill of materials",
        _ => predicate,
    };
}
