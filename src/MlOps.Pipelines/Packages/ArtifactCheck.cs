using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>Holds a package or an image against its digests, its attestations against whom the workspace trusts, and what these say against the repository.</summary>
/// <param name="artifact">What is checked.</param>
/// <param name="trust">Whose signatures count; empty where nothing is declared, then signatures are not asked for.</param>
/// <param name="repository">What git knows; null outside of a repository.</param>
/// <param name="now">The time of the check.</param>
internal sealed partial class ArtifactCheck(Artifact artifact, TrustPolicy trust, IRepositoryFacts? repository, DateTimeOffset now)
{
    private readonly List<ArtifactFinding> _findings = [];
    private string? _model;

    private bool IsStrict => trust.Keys.Count > 0;

    /// <summary>Everything that was found.</summary>
    public IReadOnlyList<ArtifactFinding> Run(CancellationToken cancellationToken)
    {
        var manifest = Guarded("manifest", () => Digest.Of(artifact.Stored.Bytes.Span) == artifact.Digest ? ArtifactKind.Any.Parse(artifact.Stored, artifact.Where) : throw Wrong("the manifest has other bytes than its digest says", artifact.Digest.ToString()));
        if (manifest is null)
        {
            return _findings;
        }

        if (artifact.Digits is { } digits)
        {
            var isOwn = artifact.Digest.Hex.StartsWith(digits, StringComparison.Ordinal);
            Add("tag", isOwn ? CheckResult.Passed : CheckResult.Failed, isOwn ? digits : $"its tag says {digits}, and it is {artifact.Digest}");
        }

        if (artifact.Whole is { } whole)
        {
            Guarded("archive", () =>
            {
                var told = whole(cancellationToken);
                Add("archive", CheckResult.Passed, told);
                return told;
            });
        }

        Blobs(manifest, cancellationToken);
        if (manifest.ArtifactType == ModelPackage.ArtifactType)
        {
            Guarded("package", () =>
            {
                var package = ModelPackage.Read(artifact.Stored.Bytes, digest => artifact.Read(manifest.Config) is { } bytes && Digest.Of(bytes) == digest ? bytes : null, artifact.Where);
                _model = package.Description.Name;
                var isAsked = artifact.Model is null || artifact.Model == _model;
                Add("package", isAsked ? CheckResult.Passed : CheckResult.Failed, isAsked ? $"{_model}, {package.Files.Count} files" : $"it is one of model '{_model}', and '{artifact.Model}' was asked for");
                if (artifact.Version is { } number && repository is not null)
                {
                    _findings.Add(repository.Number(_model, PackageVersion.Parse(number), artifact.Digest, mustBeKnown: IsStrict));
                }

                return package;
            });
        }
        else if (MediaTypes.IsManifest(manifest.MediaType) && manifest.ArtifactType is null)
        {
            if (Guarded("layers", () => Layers(manifest, cancellationToken)) is { } served)
            {
                Guarded("package", () => Served(manifest, served));
            }
        }

        var statements = Statements(cancellationToken);
        List<Statement> provenances = [.. statements[PredicateTypes.Provenance]];
        Provenance(provenances);
        Gate([.. statements[PredicateTypes.TestResult]], provenances);
        if (IsStrict && manifest.ArtifactType == ModelPackage.ArtifactType && !statements.Contains(PredicateTypes.CycloneDx))
        {
            Add("parts", CheckResult.Failed, "no trusted key signed what it is made of");
        }

        return _findings;
    }

    /// <summary>Every blob has the size and the digest that the manifest says.</summary>
    private void Blobs(Manifest manifest, CancellationToken cancellationToken)
    {
        var (count, bytes) = (0, 0L);
        foreach (var blob in manifest.Layers.Prepend(manifest.Config))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = blob.Annotations?.GetValueOrDefault(PackageFile.PathAnnotation) ?? (blob == manifest.Config ? "the configuration" : $"layer {blob.Digest.Hex[..12]}");
            Guarded(name, () =>
            {
                using var stream = blob.Embedded is { } embedded ? new MemoryStream(embedded) : artifact.Open(blob) ?? throw Wrong($"{name} is missing or damaged", blob.Digest.ToString());
                var (digest, size) = Read(stream, blob.Size, cancellationToken);
                if (size != blob.Size || digest != blob.Digest)
                {
                    throw Wrong($"{name} has other bytes than its digest says", size != blob.Size ? $"it has {size} bytes, not {blob.Size}" : $"it is {digest}, not {blob.Digest}");
                }

                (count, bytes) = (count + 1, bytes + size);
                return blob;
            });
        }

        if (count == manifest.Layers.Count + 1)
        {
            Add("digests", CheckResult.Passed, $"{count} blobs, {Reports.GcReport.Size(bytes)}, as {artifact.Digest} says");
        }
    }

    private static (Digest Digest, long Size) Read(Stream stream, long most, CancellationToken cancellationToken)
    {
        using var sha = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        var size = 0L;
        // One byte too many is enough to tell.
        for (int read; size <= most && (read = stream.Read(buffer)) > 0; size += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sha.AppendData(buffer, 0, read);
        }

        return (Digest.FromBytes(sha.GetHashAndReset()), size);
    }

    private T? Guarded<T>(string what, Func<T> check)
        where T : class
    {
        try
        {
            return check();
        }
        catch (DiagnosticException failure)
        {
            foreach (var problem in failure.Diagnostics)
            {
                Add(what, CheckResult.Failed, $"{problem.What}{(problem.Why is null ? "" : $": {problem.Why}")}");
            }
        }
        catch (Exception failure) when (failure is System.Text.Json.JsonException or InvalidOperationException || IoFailure.Covers(failure))
        {
            Add(what, CheckResult.Failed, failure.Message);
        }

        return null;
    }

    private void Add(string what, CheckResult result, string seen) => _findings.Add(new(what, result, seen));

    private static DiagnosticException Wrong(string what, string why) => new(new Diagnostic("MLO2287", what) { Why = why });
}
