using MlOps.Containers;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Images;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The code of a tag that stands for other content.</summary>
    private const string TagMoves = "MLO8120";

    /// <summary>Where packages are published.</summary>
    /// <exception cref="DiagnosticException">MLO2283: nowhere.</exception>
    private Reference Registry() => Reference.Parse(_definition.Manifest.Registry ?? throw new DiagnosticException(new Diagnostic("MLO2283", "there is no registry for packages")
    {
        Where = WorkspaceDefinition.FileName,
        Why = "nuke.json declares none",
        Mend = "declare one: \"registry\": \"registry.example.org/team\"",
    }));

    /// <summary>Publishes the chosen models' packages, and images where the lock pins some, with what is attested of them; a version that is there with other bytes is refused.</summary>
    private async Task PushPackagesAsync(IReadOnlyList<ModelDefinition> models, bool dryRun, TransferReport report, CancellationToken cancellationToken)
    {
        var registry = Registry();
        var pinned = CurrentLock;
        var packages = models.Where(model => VersionLedger.PackageOf(pinned, $"models/{model.Name}") is not null).Select(model => (Model: model, Package: Packaged(pinned, model))).ToList();
        await CheckCommittedAsync([.. packages.Select(package => (package.Model, package.Package.Decision))], cancellationToken);
        if (!dryRun)
        {
            await AttestAsync(pinned, [.. packages.Select(package => package.Model)], cancellationToken);
        }

        using var client = new RegistryClient(registry.Registry);
        foreach (var (model, (package, decision)) in packages)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var repository = client.Repository($"{registry.Repository}/{PackageName.RepositoryOf(model.Name)}");
            var what = $"package {model.Name} {decision.Version}";
            var name = new PackageName(model.Name, decision.Version);
            if (dryRun)
            {
                var there = await repository.HeadManifestAsync(decision.Version.ToString(), cancellationToken);
                var isThere = there is not null;
                if (isThere && there!.Digest != package.Digest)
                {
                    throw Taken(name, repository, $"it stands for {there.Digest}, and was to stand for {package.Digest}");
                }

                report.Add(what, repository.Reference.ToString(), isThere ? 0 : package.Blobs.Count() + 1, isThere ? 0 : package.Size, 0);
                continue;
            }

            var pushed = await PushPackageAsync(repository, name, package, cancellationToken);
            report.Add(what, repository.Reference.ToString(), pushed.Blobs.Count(blob => blob.Moved > 0), pushed.Blobs.Sum(blob => blob.Moved), clock.Elapsed.TotalSeconds);
        }

        // Images share base and service: what one repository has, the registry gives to the next.
        var head = GitFolder.Find(Root) is null ? null : await CommittedLockAsync(cancellationToken);
        var repositories = packages.Select(package => $"{registry.Repository}/{ImageRepositoryOf(package.Model.Name)}").ToList();
        foreach (var (model, _) in packages)
        {
            if (ImageOf(pinned, model) is { } image)
            {
                if (!IsPinned(head, model, image))
                {
                    _reporter.Warn(new("MLO2301", $"the image of model '{model.Name}' is not published: it is not committed")
                    {
                        Severity = Severity.Warning,
                        Where = BuildEngine.LockName,
                        Why = "nobody could find out where it came from",
                        Mend = $"git add {BuildEngine.LockName} && git commit, then push again",
                    });
                    continue;
                }

                var clock = System.Diagnostics.Stopwatch.StartNew();
                var own = $"{registry.Repository}/{ImageRepositoryOf(model.Name)}";
                var (blobs, bytes) = await PushImageAsync(client.Repository(own), image, [.. repositories.Where(other => other != own)], dryRun, cancellationToken);
                report.Add($"image {model.Name} {image.Version}", $"{registry.Registry}/{own}", blobs, bytes, dryRun ? 0 : clock.Elapsed.TotalSeconds);
            }
            else if (Output(pinned, model, ImageAction.Name, ImageAction.Manifest) is { } lost)
            {
                _reporter.Warn(new("MLO2311", $"the image of model '{model.Name}' is not published: it is not here")
                {
                    Severity = Severity.Warning,
                    Where = BuildEngine.LockName,
                    Why = $"the lock names {lost}, which is not in the store",
                    Mend = "./build.sh Image makes it again, or fetches it from the remotes that have it; then push again",
                });
            }
        }
    }

    private async Task<PushReport> PushPackageAsync(Repository repository, PackageName name, ModelPackage package, CancellationToken cancellationToken)
    {
        try
        {
            return await new ArtifactTransfer(repository).PushAsync(
                new(Descriptor.Of(MediaTypes.Manifest, package.Manifest.Span), package.Manifest), [.. Shelf.Referrers(package.Digest)], [name.Version.ToString()!], Opened, cancellationToken);
        }
        catch (DiagnosticException taken) when (taken.Diagnostics is [{ Code: TagMoves } problem])
        {
            throw Taken(name, repository, problem.Why);
        }
    }

    /// <summary>Two histories gave one number to different packages, and the other was published first.</summary>
    private static DiagnosticException Taken(PackageName name, Repository repository, string? why) => new(new Diagnostic(TagMoves, $"version {name.Version} of model '{name.Model}' is published with other content")
    {
        Where = repository.Reference.ToString(),
        Why = why,
        Mend = "what is published does not change: merge or rebase onto the branch that published it (git fetch, then git merge --no-commit origin/main), and ./build.sh Package gives this content the next number",
    });

    private async Task<(int Blobs, long Bytes)> PushImageAsync(Repository repository, MadeImage image, IReadOnlyList<string> siblings, bool dryRun, CancellationToken cancellationToken)
    {
        if (dryRun)
        {
            return await repository.HeadManifestAsync(image.Tag, cancellationToken) is not null ? (0, 0) : (image.Manifest.Layers.Count + 1, image.Size);
        }

        var pushed = await new ArtifactTransfer(repository, new() { MountFrom = siblings }).PushAsync(
            new(Descriptor.Of(MediaTypes.Manifest, image.Bytes), image.Bytes), [.. Shelf.Referrers(image.Digest)], [image.Tag], PartOfImage, cancellationToken);
        // A newer base or service makes another image of the same version: the short tag names the last one, the long tag one for ever.
        if (await repository.GetManifestAsync(image.Version.ToString(), cancellationToken) is var there && there?.Descriptor.Digest != image.Digest)
        {
            if (there is not null && Manifest.TryParse(there.Bytes.Span) is not { ArtifactType: null, Config.MediaType: MediaTypes.ImageConfig })
            {
                throw new DiagnosticException(new Diagnostic("MLO2302", $"tag '{image.Version}' stands for something that is no image")
                {
                    Where = repository.Reference.ToString(),
                    Why = $"it is {there.Descriptor.Digest}",
                    Mend = "find out who published it; rename the model, or choose another \"registry\"",
                });
            }

            await repository.PutManifestAsync(MediaTypes.Manifest, image.Bytes, image.Version.ToString(), cancellationToken);
        }

        return (pushed.Blobs.Count(blob => blob.Moved > 0), pushed.Blobs.Sum(blob => blob.Moved));
    }

    /// <summary>A number counts once it is committed; before, the next training may give it to other content.</summary>
    private async Task CheckCommittedAsync(IReadOnlyList<(ModelDefinition Model, VersionDecision Decision)> packages, CancellationToken cancellationToken)
    {
        if (GitFolder.Find(Root) is null)
        {
            return;
        }

        var head = await CommittedLockAsync(cancellationToken);
        var open = packages.Where(package => VersionLedger.PackageOf(head, $"models/{package.Model.Name}") != package.Decision.Package || !VersionLedger.Of(head, $"models/{package.Model.Name}").Any(entry => (entry.Key, entry.Value) == (package.Decision.Version, package.Decision.Package))).ToList();
        if (open.Count > 0)
        {
            throw new DiagnosticException([.. open.Select(package => new Diagnostic("MLO2284", $"version {package.Decision.Version} of model '{package.Model.Name}' is not committed")
            {
                Where = BuildEngine.LockName,
                Why = "the next training may give the number to other content, and a published number stays",
                Mend = $"git add {BuildEngine.LockName} && git commit, then push again",
            })]);
        }
    }

    /// <summary>Brings versions from the registry, with what is attached to them.</summary>
    private async Task PullPackagesAsync(IReadOnlyList<PackageName> names, bool dryRun, TransferReport report, CancellationToken cancellationToken)
    {
        var registry = Registry();
        // No collection of garbage may find meanwhile that nobody needs what is just coming.
        using var hold = dryRun ? null : await _engine.HoldAsync(() => _reporter.Note("waiting for a build of this workspace"), cancellationToken);
        using var client = new RegistryClient(registry.Registry);
        foreach (var name in names)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var repository = client.Repository($"{registry.Repository}/{PackageName.RepositoryOf(name.Model)}");
            var version = name.Version.ToString()!;
            var there = await repository.GetManifestAsync(version, cancellationToken) ?? throw new DiagnosticException(new Diagnostic("MLO2285", $"the registry has no version {version} of '{name.Model}'")
            {
                Where = repository.Reference.ToString(),
                Mend = $"publish it where it was trained: ./build.sh Push {name.Model}",
            });
            if (OtherNumber(name, there.Descriptor.Digest) is { } other)
            {
                throw new DiagnosticException(new Diagnostic("MLO2286", $"the registry's version {version} of '{name.Model}' is not the one that the lock pins")
                {
                    Where = repository.Reference.ToString(),
                    Why = other,
                    Mend = "somebody published other content under this number: find out who; the lock is what was reviewed",
                });
            }

            if (dryRun)
            {
                report.Add($"package {name}", repository.Reference.ToString(), PackageShelf.ObjectsOf(_engine.Store, there.Descriptor.Digest).Count(content => !_engine.Store.Contains(content)), null, 0);
                continue;
            }

            var reference = Reference.Parse($"{repository.Reference}@{there.Descriptor.Digest}");
            var (artifact, pulled, attached) = await FetchedAsync(repository, reference, name.ToString(), PackageKind, cancellationToken);
            if (ModelPackage.Read(artifact.Stored.Bytes, _engine.Store.TryRead, name.ToString()).Description.Name is var own && own != name.Model)
            {
                throw new DiagnosticException(new Diagnostic("MLO2323", $"the registry has a package of another model as '{name}'")
                {
                    Where = repository.Reference.ToString(),
                    Why = WorkspaceDefinition.IsName(own) ? $"it is one of model '{own}'" : "it says so itself",
                    Mend = "somebody published it under a wrong name: find out who, and do not use it as this",
                });
            }

            var known = Descriptor.Of(MediaTypes.Manifest, artifact.Stored.Bytes.Span) with
            {
                ArtifactType = ModelPackage.ArtifactType,
                Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = name.Model, [PackageShelf.Version] = version },
            };
            Shelf.Put([known, .. attached.Select(one => PackageShelf.Attached(one.Manifest, one.Stored.Bytes.Span))]);
            report.Add($"package {name}", repository.Reference.ToString(), attached.Append(pulled).Sum(one => one.Blobs.Count(blob => blob.Moved > 0)), attached.Append(pulled).Sum(one => one.Blobs.Sum(blob => blob.Moved)), clock.Elapsed.TotalSeconds);
        }
    }

    /// <summary>How a package that goes by a number contradicts the locks, here or of the protected branch: another has the number, or it has another; null if it does not.</summary>
    private string? OtherNumber(PackageName name, Digest package)
    {
        var ledger = VersionLedger.Of(CurrentLock, $"models/{name.Model}");
        return ledger.TryGetValue(name.Version!.Value, out var numbered)
            ? numbered == package ? null : $"it is {package}, not {numbered}"
            : ledger.FirstOrDefault(entry => entry.Value == package) is { Value.IsEmpty: false } known ? $"it is {package}, which is version {known.Key}"
            : GitFolder.Find(Root) is not null && new GitFacts(Root).Number(name.Model, name.Version.Value, package, mustBeKnown: false) is { Result: CheckResult.Failed } fault ? fault.Seen : null;
    }

    private FileStream Opened(Digest content) => _engine.Store.Check(content) ? File.OpenRead(_engine.Store.PathOf(content))
        : throw new DiagnosticException(new Diagnostic("MLO2282", "a part of the package is not here") { Why = $"{content} is not in the store", Mend = "./build.sh Package" });
}
