using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Images;
using MlOps.Pipelines.ModelCode.Packages;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private PackageShelf Shelf => new(Root, _engine.Store);

    /// <summary>Trains what is stale, tells every model's package with its version and why it is that, and attests to those that are committed.</summary>
    public async Task<Outcome> PackageAsync(CancellationToken cancellationToken)
    {
        var trained = await TrainAsync(cancellationToken);
        if (trained.Exit is not (ExitCode.Done or ExitCode.Refused))
        {
            return trained;
        }

        var report = await PackagesAsync(cancellationToken);
        Remember(PackageKey, report.Text());
        return new(trained.Exit, $"{trained.Text}\n\n{report.Text()}", report.Json());
    }

    private async Task<PackageReport> PackagesAsync(CancellationToken cancellationToken)
    {
        var pinned = CurrentLock;
        var attested = await AttestAsync(pinned, [.. Chosen], cancellationToken);
        var report = new PackageReport();
        foreach (var model in Chosen)
        {
            var (package, decision) = Packaged(pinned, model);
            report.Add(package, decision, attested.GetValueOrDefault(model.Name, ""));
        }

        return report;
    }

    /// <summary>Lists the versions of models: those that the lock has numbered, and those that were pulled.</summary>
    public Outcome Packages()
    {
        var pinned = CurrentLock;
        var shelf = Shelf;
        var report = new PackageListReport(_engine.Store, shelf);
        foreach (var model in Chosen)
        {
            var ledger = VersionLedger.Of(pinned, $"models/{model.Name}");
            foreach (var (version, digest) in ledger)
            {
                report.Add(model.Name, version.ToString(), digest, isCurrent: digest == VersionLedger.PackageOf(pinned, $"models/{model.Name}"), isPulled: false);
            }
        }

        foreach (var (descriptor, tag) in shelf.All().Select(one => (one, PackageShelf.Tag(one))).Where(one => one.Item2 is { } tag && (_options.Models.Count == 0 || _options.Models.Contains(tag.Name))))
        {
            report.Add(tag!.Value.Name, tag.Value.Version, descriptor.Digest, isCurrent: false, isPulled: true);
        }

        return new(ExitCode.Done, report.Text(), report.Json());
    }

    /// <summary>A model's package as a lock pins it.</summary>
    private (ModelPackage Package, VersionDecision Decision) Packaged(LockFile pinned, ModelDefinition model)
    {
        var decision = Ledger.Decide(pinned, $"models/{model.Name}") ?? throw NotTrained(model);
        return (PackageOf(decision.Package, model.Name) ?? throw NotTrained(model), decision);
    }

    /// <summary>A package whose bytes are here; null if they are not.</summary>
    private ModelPackage? PackageOf(Digest digest, string where) => _engine.Store.TryRead(digest) is { } manifest ? ModelPackage.Read(manifest, _engine.Store.TryRead, where) : null;

    /// <summary>Says what can be said of those packages that are committed, signed where there is a key.</summary>
    /// <returns>By model, in words, what is attested or why nothing is.</returns>
    private async Task<Dictionary<string, string>> AttestAsync(LockFile pinned, IReadOnlyList<ModelDefinition> models, CancellationToken cancellationToken)
    {
        var inGit = GitFolder.Find(Root) is not null;
        using var hold = await _engine.HoldAsync(() => _reporter.Note("waiting for a build of this workspace"), cancellationToken);
        // One commit for all that is said: HEAD may have moved since the build began.
        var source = inGit ? await SourceAsync(cancellationToken) : null;
        var head = inGit ? await CommittedLockAsync(cancellationToken, source?.Commit ?? "HEAD") : null;
        var packages = models.Select(model => (Model: model, Package: Packaged(pinned, model))).ToList();
        var said = packages.Where(one => !IsCommitted(head, one.Model, one.Package)).ToDictionary(one => one.Model.Name, _ => $"no, {BuildEngine.LockName} is not committed");
        using var signer = said.Count < packages.Count ? Told() : Signer.None;
        var (key, shelf) = (signer.Key, Shelf);
        var attestor = new Attestor(_engine.Store, shelf, key);
        foreach (var (model, (package, decision)) in packages.Where(one => !said.ContainsKey(one.Model.Name)))
        {
            // What is said is what the commit says: the gate at hand may be another than the committed one, of the same package.
            var statements = new PackageStatements(head ?? pinned, _graph, model, package, decision.Version);
            var made = new List<Statement>();
            if (!attestor.Has(package.Digest, PredicateTypes.Provenance, statement => IsOfHistory(statement, inGit)))
            {
                made.Add(statements.Provenance(source, Builder(), TimeProvider.System.GetUtcNow()));
            }

            made.AddRange(new[] { statements.Bill(CodePackages()).About(), statements.Gate() }.OfType<Statement>().Where(now => !attestor.Has(package.Digest, now.PredicateType, said => said.ToBytes().AsSpan().SequenceEqual(now.ToBytes()))));

            if (made.Count > 0)
            {
                attestor.Attach(Descriptor.Of(MediaTypes.Manifest, package.Manifest.Span), made);
            }

            if (ImageOf(pinned, model) is { } image && IsPinned(head, model, image) && !(attestor.Has(image.Digest, PredicateTypes.Provenance, statement => IsOfHistory(statement, inGit)) && attestor.Has(image.Digest, PredicateTypes.CycloneDx)))
            {
                var about = new ImageStatements(image, model.Name, package.Digest, BaseOf(pinned));
                attestor.Attach(Descriptor.Of(MediaTypes.Manifest, image.Bytes), [about.Provenance(source, [.. statements.Datasets()], Builder(), TimeProvider.System.GetUtcNow()), about.Bill(statements.Bill(CodePackages()), ServicePublish.RuntimeVersion)]);
            }

            said[model.Name] = key is null ? "yes, unsigned" : $"yes, by {key.Public.Id.Short}";
        }

        return said;
    }

    /// <summary>Whether a committed lock pins a package under its number. A number that HEAD's ledger only remembers is not what HEAD pins: where it came from would name a commit that says otherwise.</summary>
    private static bool IsCommitted(LockFile? head, ModelDefinition model, (ModelPackage Package, VersionDecision Decision) one) => head is null
        || (VersionLedger.PackageOf(head, $"models/{model.Name}") == one.Package.Digest && VersionLedger.Of(head, $"models/{model.Name}").TryGetValue(one.Decision.Version, out var numbered) && numbered == one.Package.Digest);

    /// <summary>Whether a committed lock pins an image; outside of git nothing is ever committed.</summary>
    private static bool IsPinned(LockFile? head, ModelDefinition model, MadeImage image) => head is null || Output(head, model, ImageAction.Name, ImageAction.Manifest) == image.Digest;

    /// <summary>Whether a provenance names a commit that HEAD goes back to: after a squash, a rebase or an amended commit it does not, and nobody else may ever have its commit.</summary>
    private bool IsOfHistory(Statement statement, bool inGit) => Provenance.TryRead(statement, out var provenance, out _)
        && (provenance.Source is { } source ? Git.Run(Root, "merge-base", "--is-ancestor", source.Commit, "HEAD") is not null : !inGit);

    /// <summary>What the C# of models may use.</summary>
    private IEnumerable<(string Name, string Version)> CodePackages() =>
        Path.Join(Root, ModelPackages.Lock) is var file && File.Exists(file) ? PackageLock.Resolved(File.ReadAllBytes(file), PackageRestore.Framework) : [];

    /// <summary>The commit that HEAD is, and where others find it.</summary>
    private async Task<SourceCommit?> SourceAsync(CancellationToken cancellationToken)
    {
        if (await Git.RunAsync(Root, cancellationToken, "log", "-1", "--format=%H%n%an <%ae>%n%cI", "HEAD") is not { } told || Encoding.UTF8.GetString(told).Split('\n') is not [var commit, var author, var time, ..])
        {
            return null;
        }

        var origin = await Git.RunAsync(Root, cancellationToken, "config", "--get", "remote.origin.url") is { } url ? Encoding.UTF8.GetString(url).Trim() : "";
        return new(Repository(origin), commit) { Author = author, CommittedOn = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) };
    }

    /// <summary>A remote's address as others can use it; a folder of this machine says nothing to anybody, and the workspace's name stands for it.</summary>
    private Uri Repository(string origin)
    {
        // git@example.org:team/repository.git is another spelling of an ssh address.
        var colon = origin.IndexOf(':', StringComparison.Ordinal);
        var address = !origin.Contains("://", StringComparison.Ordinal) && colon > 0 && origin.IndexOf('/', StringComparison.Ordinal) is var slash && (slash < 0 || slash > colon) ? $"ssh://{origin[..colon]}/{origin[(colon + 1)..]}" : origin;
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && !uri.IsFile ? uri : new($"urn:mlops:{_definition.Manifest.Name}");
    }

    /// <summary>Who builds: what <c>MLOPS_BUILDER</c> says, a run of GitHub's or GitLab's, or somebody's machine.</summary>
    private static string Builder()
    {
        return Of("MLOPS_BUILDER") is { } said && Uri.TryCreate(said, UriKind.Absolute, out _) ? said
            : Of("GITHUB_RUN_ID") is { } run ? $"{Of("GITHUB_SERVER_URL")}/{Of("GITHUB_REPOSITORY")}/actions/runs/{run}"
            : Of("CI_JOB_URL") ?? "urn:mlops:local";

        static string? Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
    }
}
