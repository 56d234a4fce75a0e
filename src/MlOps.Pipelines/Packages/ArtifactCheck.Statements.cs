using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>What is attested: who signed it, where it says that the artifact came from, and what the gate found.</summary>
internal sealed partial class ArtifactCheck
{
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

        if (_served is { } served && provenance.Parameters.ValueKind == System.Text.Json.JsonValueKind.Object && provenance.Parameters.TryGetProperty(ImageStatements.Package, out var of) && of.ToString() != served.ToString())
        {
            return (new("provenance", CheckResult.Failed, $"it is that of an image of package {of}, and this one names {served}"), false);
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
}
