using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Checks a package or an image: digests, signatures, gate, and provenance against the repository; exit 3 if something does not hold.</summary>
    /// <param name="word">A package by name, a file, or <c>oci://…</c>.</param>
    /// <param name="environment">Whose trusted keys count; null for those of all environments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Outcome> CheckAsync(string word, string? environment, CancellationToken cancellationToken)
    {
        Artifact artifact;
        try
        {
            artifact = await ArtifactAsync(word, cancellationToken);
        }
        catch (DiagnosticException unreadable) when (File.Exists(word) || unreadable.Diagnostics.Any(problem => problem.Code == Damaged))
        {
            // It is there, and is not what it should be: that is an answer.
            return new(ExitCode.Refused, $"{string.Join('\n', unreadable.Diagnostics)}\n1 of 1 checks failed", ArtifactCheckReport.Unreadable(unreadable.Diagnostics));
        }

        using var source = artifact.Source;
        artifact = artifact with { PackageBytes = await ServedPackageAsync(artifact, word, cancellationToken) };
        var (trust, git) = TrustOf(environment);
        var findings = await Task.Run(() => new ArtifactCheck(artifact, trust, git, TimeProvider.System.GetUtcNow()).Run(cancellationToken), cancellationToken);
        var report = new ArtifactCheckReport(artifact, findings, trust, git?.Branch);
        return new(findings.Any(finding => finding.Result == CheckResult.Failed) ? ExitCode.Refused : ExitCode.Done, report.Text(), report.Json());
    }

    /// <summary>The manifest of the package that an image says it serves: of the store, or of the registry where the image lies, or where the workspace publishes; null where none has it.</summary>
    private async Task<byte[]?> ServedPackageAsync(Artifact image, string word, CancellationToken cancellationToken)
    {
        if (Manifest.TryParse(image.Stored.Bytes.Span)?.Annotations is not { } said || !Digest.TryParse(said.GetValueOrDefault(ImageAction.PackageLabel), out var package))
        {
            return null;
        }

        if (_engine.Store.TryRead(package) is { } here)
        {
            return here;
        }

        try
        {
            var from = word.StartsWith(OciScheme, StringComparison.Ordinal) ? Reference.Parse(word[OciScheme.Length..]) is var own && PackageName.RepositoryBeside(own.Repository) is { } beside ? (own.Registry, Repository: beside) : default
                : _definition.Manifest.Registry is not null && said.GetValueOrDefault(PackageShelf.Name) is { } model && Registry() is var registry ? (registry.Registry, Repository: $"{registry.Repository}/{PackageName.RepositoryOf(model)}") : default;
            if (from.Repository is null)
            {
                return null;
            }

            using var client = new RegistryClient(from.Registry);
            return (await client.Repository(from.Repository).GetManifestAsync(package, cancellationToken))?.Bytes.ToArray();
        }
        catch (DiagnosticException)
        {
            // Nobody is to be reached, or the name is none: then nothing can be said of the package.
            return null;
        }
    }

    /// <summary>Refuses to run what came from elsewhere and is not what the trusted keys stand for, where there are any; what the lock at hand numbers was reviewed with it.</summary>
    private void CheckBeforeUse(PackageName name, Digest package)
    {
        if (VersionLedger.Of(CurrentLock, $"models/{name.Model}").ContainsValue(package) || _engine.Store.TryRead(package) is not { } manifest)
        {
            return;
        }

        var (trust, git) = TrustOf(null);
        var findings = trust.Keys.Count == 0 ? [] : new ArtifactCheck(FromStore(name.ToString(), package, manifest) with { Model = name.Model, Version = name.Version.ToString() }, trust, git, TimeProvider.System.GetUtcNow()).Run(default);
        if (findings.FirstOrDefault(finding => finding.Result == CheckResult.Failed) is { } failed)
        {
            throw new DiagnosticException(new Diagnostic("MLO2304", $"package '{name}' is not used: it does not hold")
            {
                Why = $"{failed.What}: {failed.Seen}",
                Mend = $"./build.sh Verify {name} tells all",
            });
        }
    }

    /// <summary>Whose signatures count, and what git knows; of all environments where none is named.</summary>
    private (TrustPolicy Trust, GitFacts? Git) TrustOf(string? environment)
    {
        var git = GitFolder.Find(Root) is null ? null : new GitFacts(Root);
        if (environment is not null && !_definition.Manifest.Environments.ContainsKey(environment))
        {
            throw Unknown("MLO2061", $"there is no environment '{environment}'", environment, _definition.Manifest.Environments.Keys);
        }

        // What a checked-out pull request alone is known to say is what its author says.
        if (git is { Branch: null } && _definition.Manifest.Environments.Values.Any(one => one.Trust is { Count: > 0 }))
        {
            throw new DiagnosticException(new Diagnostic("MLO2294", "nobody knows here whose signatures count")
            {
                Where = _definition.At("environments"),
                Why = "\"trust\" counts as the main branch has it, and this repository knows none: neither origin's nor its own",
                Mend = "git fetch origin main:refs/remotes/origin/main",
            });
        }

        return (git?.Trust(environment) ?? GitFacts.Trust(environment, file => Path.Join(Root, file) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null, Root), git);
    }

    /// <summary>Tells people what a package or an image is.</summary>
    /// <param name="word">A package by name, a file, or <c>oci://…</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Outcome> InspectAsync(string word, CancellationToken cancellationToken)
    {
        var artifact = await ArtifactAsync(word, cancellationToken);
        using var source = artifact.Source;
        var report = new InspectReport(artifact);
        return new(ExitCode.Done, report.Text(), report.Json());
    }
}
