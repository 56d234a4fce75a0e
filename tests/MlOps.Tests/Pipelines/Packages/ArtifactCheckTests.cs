using System.Text;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>What an attacker may attach, alter or leave out who can write to the registry and has no trusted key.</summary>
public sealed class ArtifactCheckTests : IDisposable
{
    private readonly AttestedPackage _package = new();

    public void Dispose() => _package.Dispose();

    [Fact]
    public void A_package_with_all_that_is_signed_passes() => Assert.Empty(_package.Faults(_package.Attested()));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_changed_byte_of_a_signed_attestation_is_told_though_its_digests_are_made_to_fit(int which)
    {
        var statement = new[] { _package.Provenance, _package.Parts, _package.Gate }[which];
        var others = _package.Attested();
        others.RemoveAt(which);
        var bundle = _package.Signed(statement);
        var random = new Random(which);
        for (var flips = 0; flips < 500; flips++)
        {
            var (at, bits) = (random.Next(bundle.Length), (byte)random.Next(1, 256));
            var changed = bundle.ToArray();
            changed[at] ^= bits;
            Assert.True(_package.Faults([_package.Attached(changed, statement.PredicateType), .. others]).Count > 0, $"byte {at}, {bundle[at]:x2} made {changed[at]:x2}: nobody saw it in {Encoding.UTF8.GetString(changed)}");
        }
    }

    [Theory]
    [InlineData("no attestation", "no trusted key signed where it came from")]
    [InlineData("no provenance", "no trusted key signed where it came from")]
    [InlineData("no bill of materials", "no trusted key signed what it is made of")]
    [InlineData("no gate", "the model has a gate")]
    [InlineData("attestations of another package", "belongs to something else")]
    [InlineData("a signed provenance of another package under this subject", "the attestation is about something else")]
    [InlineData("a provenance that names another model", "it is that of model 'churn'")]
    [InlineData("a provenance from another commit", "is not in this repository")]
    [InlineData("a second gate, which failed", "failed")]
    [InlineData("a gate announced as provenance", "its manifest announces")]
    [InlineData("only an unsigned provenance", "no trusted key signed where it came from")]
    [InlineData("a foreign key's provenance only", "no trusted key signed where it came from")]
    [InlineData("a foreign signature under a trusted name", "the signature is wrong")]
    [InlineData("a trusted signature under a foreign name", "it names another key")]
    [InlineData("a missing bundle", "is missing")]
    [InlineData("a bundle that says it is 1 TB long", "is missing")]
    [InlineData("a manifest with other bytes", "other bytes than its digest says")]
    [InlineData("an index in place of the manifest", "its media type is")]
    [InlineData("a configuration with a member twice", "package:")]
    [InlineData("a missing file", "is missing")]
    public void What_is_wrong_is_named(string wrong, string named)
    {
        using var other = new AttestedPackage("churn");
        using var stranger = SigningKey.Create();
        var attached = _package.Attested();
        StoredManifest? manifest = null;
        switch (wrong)
        {
            case "no attestation":
                attached.Clear();
                break;
            case "no provenance":
                attached.RemoveAt(0);
                break;
            case "no bill of materials":
                attached.RemoveAt(1);
                break;
            case "no gate":
                attached.RemoveAt(2);
                break;
            case "attestations of another package":
                attached = other.Attested();
                break;
            case "a signed provenance of another package under this subject":
                attached[0] = _package.Attached(_package.Signed(other.Provenance), PredicateTypes.Provenance);
                break;
            case "a provenance that names another model":
                attached[0] = _package.Attached(_package.Signed(_package.Where("churn")), PredicateTypes.Provenance);
                break;
            case "a provenance from another commit":
                attached[0] = _package.Attached(_package.Signed(_package.Where("bike", new('f', 40))), PredicateTypes.Provenance);
                break;
            case "a second gate, which failed":
                attached.Insert(0, _package.Attached(_package.Signed(_package.Result(GateResult.Failed)), PredicateTypes.TestResult));
                break;
            case "a gate announced as provenance":
                attached.Add(_package.Attached(_package.Signed(_package.Gate), PredicateTypes.Provenance));
                break;
            case "only an unsigned provenance":
                attached[0] = _package.Attached(_package.Provenance.ToBytes(), PredicateTypes.Provenance, Statement.MediaType);
                break;
            case "a foreign key's provenance only":
                attached[0] = _package.Attached(_package.Signed(_package.Provenance, stranger), PredicateTypes.Provenance);
                break;
            case "a foreign signature under a trusted name":
                attached[0] = Renamed(stranger, stranger.Public.Id, _package.Key.Public.Id);
                break;
            case "a trusted signature under a foreign name":
                attached.Add(Renamed(_package.Key, _package.Key.Public.Id, stranger.Public.Id));
                break;
            case "a missing bundle":
                attached[0] = StoredManifest.Of(Manifest.TryParse(attached[0].Bytes.Span)! with { Layers = [Descriptor.Of(Bundle.MediaType, "gone"u8)] });
                break;
            case "a bundle that says it is 1 TB long":
                attached[0] = StoredManifest.Of(Manifest.TryParse(attached[0].Bytes.Span)! with { Layers = [Descriptor.Of(Bundle.MediaType, "gone"u8) with { Size = 1L << 40 }] });
                break;
            case "a manifest with other bytes":
                manifest = new(Descriptor.Of(MediaTypes.Manifest, _package.Package.Manifest.Span), other.Package.Manifest);
                break;
            case "an index in place of the manifest":
                var index = new ImageIndex { Manifests = [] }.ToBytes();
                manifest = new(Descriptor.Of(MediaTypes.Index, index), index);
                break;
            case "a configuration with a member twice":
                var config = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_package.Package.Config.Span).Replace("\"name\"", "\"name\": \"churn\", \"name\"", StringComparison.Ordinal));
                manifest = StoredManifest.Of(Manifest.TryParse(_package.Package.Manifest.Span)! with { Config = _package.Add(config) with { MediaType = ModelPackage.ConfigType } });
                break;
            case "a missing file":
                manifest = StoredManifest.Of(Manifest.TryParse(_package.Package.Manifest.Span)! is var parsed ? parsed with { Layers = [parsed.Layers[0] with { Digest = Digest.Of("gone") }] } : null!);
                break;
        }

        Assert.Contains(_package.Faults(attached, manifest: manifest), fault => fault.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void What_strangers_attach_beside_counts_for_nothing_and_harms_nothing()
    {
        using var stranger = SigningKey.Create();
        Assert.Empty(_package.Faults(
        [
            _package.Attached(_package.Where("churn").ToBytes(), PredicateTypes.Provenance, Statement.MediaType),
            _package.Attached(_package.Signed(_package.Result(GateResult.Failed), stranger), PredicateTypes.TestResult),
            .. _package.Attested(),
        ]));
    }

    [Theory]
    [InlineData("bike", "1.0.0", null)]
    [InlineData("bike", null, null)]
    [InlineData("bike", "1.1.0", "version: 1.1.0 of 'bike' is ")]
    [InlineData("bike", "2.0.0", "version: in the lock of refs/heads/main this package is 1.0.0, not 2.0.0")]
    [InlineData("churn", "1.0.0", "package: it is one of model 'bike', and 'churn' was asked for")]
    public void A_package_under_anothers_number_or_name_is_refused_whoever_signed_it(string model, string? version, string? fault)
    {
        using var repository = new GitRepository();
        repository.Commit(("data.lock.json", $$"""{ "format": 1, "models": { "bike": { "versions": { "1.0.0": "{{_package.Package.Digest}}", "1.1.0": "{{Digest.Of("other")}}" } } } }"""));

        var faults = _package.Faults(_package.Attested(), new GitFacts(repository.Root), model: model, version: version).Where(found => !found.StartsWith("provenance", StringComparison.Ordinal));

        Assert.Equal(fault is null ? [] : [fault], faults.Select(found => fault is not null && found.StartsWith(fault, StringComparison.Ordinal) ? fault : found));
    }

    private StoredManifest Renamed(SigningKey signer, KeyId from, KeyId to) => _package.Attached(
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_package.Signed(_package.Provenance, signer)).Replace(from.ToString(), to.ToString(), StringComparison.Ordinal)), PredicateTypes.Provenance);
}
