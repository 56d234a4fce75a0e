using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;

namespace MlOps.Pipelines.Packages;

/// <summary>A model's version, and why it is that.</summary>
/// <param name="Version">The number.</param>
/// <param name="Package">What has it.</param>
/// <param name="Reason">In words, for people who ask.</param>
internal sealed record VersionDecision(PackageVersion Version, Digest Package, string Reason);

/// <summary>Numbers packages: the same content keeps its number, other content gets the next one after all that are committed.</summary>
/// <remarks>It follows from the lock's packages and the committed locks alone: training again before a commit uses up no number. See decision 0024.</remarks>
/// <param name="committed">The locks that count: git HEAD's, and those of branches that are being merged, such as <see cref="CommittedRevisions"/> orders them.</param>
internal sealed class VersionLedger(IReadOnlyList<LockFile> committed)
{
    /// <summary>The fact that names the current version.</summary>
    public const string Version = "version";

    /// <summary>The fact that lists every version with its package: <c>{"1.0.0": "sha256:…"}</c>, only added to.</summary>
    public const string Versions = "versions";

    /// <summary>The facts of every model that has a package.</summary>
    public IReadOnlyList<LockFact> Conclude(LockFile draft)
    {
        var facts = new List<LockFact>();
        foreach (var owner in draft.Owners.Where(owner => owner.StartsWith("models/", StringComparison.Ordinal)))
        {
            if (Decide(draft, owner, out var ledger) is { } decision)
            {
                facts.Add(new(owner, Version, decision.Version.ToString()));
                facts.Add(new(owner, Versions, new JsonObject(ledger.Select(entry => KeyValuePair.Create(entry.Key.ToString(), (JsonNode?)entry.Value.ToString())))));
            }
        }

        return facts;
    }

    /// <summary>The version of a model's package in a lock; null if it has none.</summary>
    /// <param name="lockFile">The lock, or what it is about to be.</param>
    /// <param name="owner">Such as <c>models/churn</c>.</param>
    public VersionDecision? Decide(LockFile lockFile, string owner) => Decide(lockFile, owner, out _);

    /// <summary>The versions that a lock lists of a model.</summary>
    public static SortedDictionary<PackageVersion, Digest> Of(LockFile lockFile, string owner)
    {
        var ledger = new SortedDictionary<PackageVersion, Digest>();
        foreach (var (number, digest) in lockFile.Fact(owner, Versions) as JsonObject ?? [])
        {
            if (PackageVersion.TryParse(number, out var version) && digest is JsonValue value && value.TryGetValue(out string? text) && Digest.TryParse(text, out var package))
            {
                ledger[version] = package;
            }
        }

        return ledger;
    }

    /// <summary>The package that a lock pins for a model, or null.</summary>
    public static Digest? PackageOf(LockFile lockFile, string owner) =>
        lockFile.Find(new(owner, PackageAction.Name)) is { } trace && trace.Outputs.TryGetValue(PackageAction.Manifest, out var digest) ? digest : null;

    private VersionDecision? Decide(LockFile now, string owner, out SortedDictionary<PackageVersion, Digest> ledger)
    {
        ledger = [];
        if (PackageOf(now, owner) is not { } package)
        {
            return null;
        }

        ledger = Committed(owner);
        if (ledger.Where(entry => entry.Value == package).Select(entry => (PackageVersion?)entry.Key).LastOrDefault() is { } known)
        {
            return new(known, package, (string?)committed[0].Fact(owner, Version) == known.ToString() ? "as committed" : "the same content has had this number before");
        }

        var (version, reason) = ledger.Count == 0 ? (PackageVersion.First, "it is the first") : Next(ledger, now, owner);
        ledger.Add(version, package);
        return new(version, package, reason);
    }

    /// <summary>The first lock's numbers, and those of the others as far as they say nothing wrong there.</summary>
    private SortedDictionary<PackageVersion, Digest> Committed(string owner)
    {
        var ledger = committed.Count == 0 ? [] : Of(committed[0], owner);
        foreach (var branch in committed.Skip(1).Select(other => Of(other, owner)))
        {
            foreach (var (number, package) in branch)
            {
                // A branch that was merged before this one may have brought it.
                if (!ledger.ContainsValue(package))
                {
                    ledger.Add(Place(ledger, branch, number), package);
                }
            }
        }

        return ledger;
    }

    /// <summary>The number that a branch's package gets: its own if that is free and true, else the smallest true one after the last.</summary>
    /// <remarks>In a ledger, one major number means one signature, and one minor number of it one model. Two ledgers mean the same by theirs if they have a package of it in common.</remarks>
    private static PackageVersion Place(SortedDictionary<PackageVersion, Digest> ledger, SortedDictionary<PackageVersion, Digest> branch, PackageVersion number)
    {
        if (!ledger.ContainsKey(number) && (IsNew(Major) || IsAlike(number, Major)) && (IsNew(Minor) || IsAlike(number, Minor)))
        {
            return number;
        }

        var last = ledger.Keys.Last();
        return !IsAlike(last, Major) ? new(last.Major + 1, 0, 0) : !IsAlike(last, Minor) ? new(last.Major, last.Minor + 1, 0) : last with { Patch = last.Patch + 1 };

        static (int Major, int Minor) Major(PackageVersion version) => (version.Major, 0);

        static (int Major, int Minor) Minor(PackageVersion version) => (version.Major, version.Minor);

        bool IsNew(Func<PackageVersion, (int, int)> part) => !ledger.Keys.Any(taken => part(taken) == part(number));

        bool IsAlike(PackageVersion place, Func<PackageVersion, (int, int)> part) => Sharing(ledger, place, part).Intersect(Sharing(branch, number, part)).Any();

        static IEnumerable<Digest> Sharing(SortedDictionary<PackageVersion, Digest> versions, PackageVersion number, Func<PackageVersion, (int, int)> part) =>
            versions.Where(entry => part(entry.Key) == part(number)).Select(entry => entry.Value);
    }

    private (PackageVersion Version, string Reason) Next(SortedDictionary<PackageVersion, Digest> ledger, LockFile now, string owner)
    {
        var (last, newest) = ledger.Last();
        var before = committed.FirstOrDefault(lockFile => PackageOf(lockFile, owner) == newest) ?? committed.First(lockFile => PackageOf(lockFile, owner) is not null || lockFile.Fact(owner, Versions) is not null);
        // A model that went back to an older version: what the last one asked of its callers stands in no lock at hand.
        var followed = ledger.Where(entry => entry.Value == PackageOf(before, owner)).Select(entry => entry.Key).FirstOrDefault(last);
        if (followed.Major != last.Major)
        {
            return (new(last.Major + 1, 0, 0), $"callers break: it follows {followed}, and they have had {last}");
        }

        if (before.Fact(owner, PackageAction.Signature) is JsonObject old && now.Fact(owner, PackageAction.Signature) is JsonObject signature && PackageSignature.Break(old, signature) is { } broken)
        {
            return (new(last.Major + 1, 0, 0), $"callers break: {broken}");
        }

        // Nor what model the last one has, unless it was another packaging of the same.
        if (followed.Minor != last.Minor)
        {
            return (new(last.Major, last.Minor + 1, 0), $"it follows {followed}, and {last} came after it");
        }

        var changed = Changed(before, now, owner);
        return changed is not null ? (new(last.Major, last.Minor + 1, 0), changed) : (last with { Patch = last.Patch + 1 }, "only its packaging is another");
    }

    /// <summary>How the model differs; null if it does not.</summary>
    private static string? Changed(LockFile before, LockFile now, string owner)
    {
        return Model(before) != Model(now) ? "the model is another" : Functions(before) != Functions(now) ? "its code computes otherwise" : null;

        Digest? Model(LockFile lockFile) => lockFile.Find(new(owner, TrainAction.Name)) is { } trace && trace.Outputs.TryGetValue(TrainAction.Model, out var digest) ? digest : null;

        string Functions(LockFile lockFile) => CanonicalJson.Compact(lockFile.Find(new(owner, PackageAction.Name))?.Parameters[PackageAction.Code]?["functions"]);
    }
}
