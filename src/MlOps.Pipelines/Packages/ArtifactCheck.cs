using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>How a check came out.</summary>
internal enum CheckResult
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>Nobody can tell, and nothing asks for it.</summary>
    Unknown,

    /// <summary>It does not hold.</summary>
    Failed,
}

/// <summary>One check of a package or an image.</summary>
/// <param name="What">What was looked at.</param>
/// <param name="Result">How it came out.</param>
/// <param name="Seen">What was seen, in words.</param>
internal sealed record ArtifactFinding(string What, CheckResult Result, string Seen);

/// <summary>Holds a package or an image against its digests, its attestations against whom the workspace trusts, and what these say against the repository.</summary>
/// <param name="artifact">What is checked.</param>
/// <param name="trust">Whose signatures count; empty where nothing is declared, then signatures are not asked for.</param>
/// <param name="repository">What git knows; null outside of a repository.</param>
/// <param name="now">The time of the check.</param>
internal sealed class ArtifactCheck(Artifact artifact, TrustPolicy trust, IRepositoryFacts? repository, DateTimeOffset now)
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
            Guarded("layers", () => Layers(manifest, cancellationToken));
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
            var name = blob.Annotations?.GetValueOrDefault("org.cncf.model.filepath") ?? (blob == manifest.Config ? "the configuration" : $"layer {blob.Digest.Hex[..12]}");
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

    /// <summary>The layers are what the image's configuration says, and hold nothing that would escape.</summary>
    private Manifest Layers(Manifest manifest, CancellationToken cancellationToken)
    {
        var config = artifact.Read(manifest.Config) ?? throw Wrong("the configuration is missing", manifest.Config.Digest.ToString());
        using var json = System.Text.Json.JsonDocument.Parse(config, new() { MaxDepth = 32, AllowDuplicateProperties = false });
        string?[] expected = json.RootElement.TryGetProperty("rootfs", out var files) && files.TryGetProperty("diff_ids", out var ids) ? [.. ids.EnumerateArray().Select(id => id.GetString())] : [];
        if (expected.Length != manifest.Layers.Count)
        {
            throw Wrong("the configuration names other layers than the manifest", $"{expected.Length}, not {manifest.Layers.Count}");
        }

        var entries = 0;
        foreach (var (layer, diffId) in manifest.Layers.Zip(expected))
        {
            using var stream = artifact.Open(layer) ?? throw Wrong("a layer is missing or damaged", layer.Digest.ToString());
            using var reader = new LayerReader(layer, stream, artifact.Where);
            while (reader.Next())
            {
                cancellationToken.ThrowIfCancellationRequested();
                entries++;
            }

            if (reader.DiffId.ToString() != diffId)
            {
                throw Wrong("a layer is not the one that the configuration names", $"its content is {reader.DiffId}, not {diffId}");
            }
        }

        Add("layers", CheckResult.Passed, $"{manifest.Layers.Count} layers, {entries} entries");
        return manifest;
    }

    /// <summary>What is attested, by kind: of those that are signed by trusted keys, where some are declared.</summary>
    private ILookup<string, Statement> Statements(CancellationToken cancellationToken)
    {
        var said = new List<Statement>();
        var unproven = new List<Statement>();
        foreach (var attached in artifact.Attached)
        {
            Guarded("attestation", () =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Digest.Of(attached.Bytes.Span) != attached.Descriptor.Digest || Manifest.TryParse(attached.Bytes.Span) is not { } manifest || manifest.Subject?.Digest != artifact.Digest)
                {
                    throw Wrong("what is attached is damaged, or belongs to something else", attached.Descriptor.Digest.ToString());
                }

                if (Attestor.Of(manifest) is not { } found)
                {
                    Add("attachment", CheckResult.Unknown, $"{attached.Descriptor.ArtifactType ?? attached.Descriptor.MediaType} is not known here");
                    return attached;
                }

                var what = Reports.PackageListReport.Word(found.Predicate);
                var bytes = artifact.Read(found.Layer);
                if (bytes is null || bytes.LongLength != found.Layer.Size || Digest.Of(bytes) != found.Layer.Digest)
                {
                    throw Wrong($"the attestation '{what}' is missing or has other bytes than its digest says", found.Layer.Digest.ToString());
                }

                Signature(found.Predicate, bytes, said, unproven);
                return attached;
            });
        }

        return (IsStrict ? said : said.Concat(unproven)).ToLookup(statement => statement.PredicateType, StringComparer.Ordinal);
    }

    private void Signature(string announced, byte[] bytes, List<Statement> said, List<Statement> unproven)
    {
        var what = Reports.PackageListReport.Word(announced);
        var verified = trust.Verify(bytes, artifact.Digest, now, what);
        if (verified is { Statement: { } statement, Key: { } key })
        {
            said.Add(statement);
            var isAsAnnounced = announced.Length == 0 || announced == statement.PredicateType;
            Add($"signature: {what}", isAsAnnounced ? CheckResult.Passed : CheckResult.Failed,
                isAsAnnounced ? $"by {key.Key.Id.Short} ({key.Where})" : $"its manifest announces '{announced}', and what is signed is '{statement.PredicateType}'");
            return;
        }

        // Anybody may attach what they like: what no trusted key signed counts for nothing, and harms nothing; what one signed, and is no longer that, is a forgery or damaged.
        var isForeign = verified.Verdict is Verdict.UnknownKey or Verdict.NoSignature;
        var problem = verified.Problem!;
        if (verified.Verdict == Verdict.UnknownKey && Bundle.TryParse(bytes, out var bundle, out _) && trust.Keys.FirstOrDefault(trusted => bundle.IsSignedBy(trusted.Key)) is { } signer)
        {
            Add($"signature: {what}", CheckResult.Failed, $"it was changed after signing: {signer.Key.Id.Short} ({signer.Where}) signed it, and it names another key");
            return;
        }

        Add($"signature: {what}", isForeign ? CheckResult.Unknown : CheckResult.Failed, $"{problem.What}{(problem.Why is null ? "" : $": {problem.Why}")}");
        if (!IsStrict && isForeign && Attestor.StatementIn(bytes) is { } claimed && claimed.Subjects.Any(subject => subject.Digest == artifact.Digest))
        {
            unproven.Add(claimed);
        }
    }

    private static Statement? Unproven(byte[] bytes) => Statement.TryParse(Bundle.TryParse(bytes, out var bundle, out _) ? bundle.Payload.Span : bytes, out var statement, out _) ? statement : null;

    /// <summary>Of several, one has to hold and none may contradict the repository; one whose commit a squash or rebase left behind counts for nothing beside one that holds.</summary>
    private void Provenance(List<Statement> statements)
    {
        if (statements.Count == 0)
        {
            Add("provenance", IsStrict ? CheckResult.Failed : CheckResult.Unknown, IsStrict ? "no trusted key signed where it came from" : "nothing says where it came from");
        }

        var found = statements.Select(Found).ToList();
        var holds = found.Exists(each => each.Finding.Result == CheckResult.Passed);
        _findings.AddRange(found.Select(each => holds && each.IsLeftBehind ? each.Finding with { Result = CheckResult.Unknown } : each.Finding));
    }

    private (ArtifactFinding Finding, bool IsLeftBehind) Found(Statement statement)
    {
        if (!Packaging.Provenance.TryRead(statement, out var provenance, out var why))
        {
            return (new("provenance", CheckResult.Failed, why), false);
        }

        if (_model is not null && provenance.Model != _model)
        {
            return (new("provenance", CheckResult.Failed, $"it is that of model '{provenance.Model}', and this is '{_model}'"), false);
        }

        if (provenance.Source is not { } source || repository is null)
        {
            return (new("provenance", IsStrict && repository is not null ? CheckResult.Failed : CheckResult.Unknown, provenance.Source is null ? "it names no commit" : $"commit {provenance.Source.Commit[..12]}, and no repository is here to ask"), false);
        }

        var fault = repository.Fault(source.Commit, provenance.Model, artifact.Digest, provenance.Datasets, mustBeProtected: IsStrict);
        return (new("provenance", fault is null ? CheckResult.Passed : CheckResult.Failed, fault ?? $"commit {source.Commit[..12]} by {source.Author} pins it, and {provenance.Datasets.Count} datasets; built by {provenance.BuilderId}"),
            fault is not null && !repository.IsReviewed(source.Commit));
    }

    /// <summary>What the gate found; it may not be missing where the lock of the commit that is named has a gate for the model.</summary>
    private void Gate(List<Statement> statements, List<Statement> provenances)
    {
        if (IsStrict && statements.Count == 0 && repository is not null
            && provenances.Exists(statement => Packaging.Provenance.TryRead(statement, out var provenance, out _) && provenance.Source is { } source && repository.HasGate(source.Commit, provenance.Model)))
        {
            Add("gate", CheckResult.Failed, "the model has a gate, and no trusted key signed what it found");
        }

        foreach (var statement in statements)
        {
            if (TestResult.TryRead(statement, out var gate, out var why))
            {
                Add("gate", gate.Result == GateResult.Failed ? CheckResult.Failed : gate.Result == GateResult.Warned ? CheckResult.Unknown : CheckResult.Passed,
                    $"{gate.Result.ToString().ToLowerInvariant()}: {string.Join(", ", gate.Failed.Concat(gate.Warned).Concat(gate.Passed))}");
            }
            else
            {
                Add("gate", CheckResult.Failed, why);
            }
        }
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

/// <summary>What git knows of where something came from.</summary>
internal interface IRepositoryFacts
{
    /// <summary>What contradicts a provenance; null for nothing.</summary>
    /// <param name="commit">The commit that it names.</param>
    /// <param name="model">The model.</param>
    /// <param name="package">What is said to have come of it.</param>
    /// <param name="datasets">What it is said to have been trained on.</param>
    /// <param name="mustBeProtected">Whether the commit has to be part of the protected branch.</param>
    string? Fault(string commit, string model, Digest package, IReadOnlyList<ResourceDescriptor> datasets, bool mustBeProtected);

    /// <summary>Whether a package has the number that it goes by: a registry may give an old one, or another, under a new number.</summary>
    /// <param name="model">The model.</param>
    /// <param name="version">The number.</param>
    /// <param name="package">What is said to have it.</param>
    /// <param name="mustBeKnown">Whether the protected branch has to know the number.</param>
    ArtifactFinding Number(string model, PackageVersion version, Digest package, bool mustBeKnown);

    /// <summary>Whether a commit is part of the protected branch.</summary>
    bool IsReviewed(string commit);

    /// <summary>Whether the lock of a commit says what a model's gate found.</summary>
    bool HasGate(string commit, string model);
}
