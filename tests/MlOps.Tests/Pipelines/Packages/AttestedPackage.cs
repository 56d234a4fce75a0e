using System.Text;
using System.Text.Json;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>A small package with what is attested of it, in memory, so that tests may spoil any part of it.</summary>
internal sealed class AttestedPackage : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<Digest, byte[]> _blobs = [];

    public AttestedPackage(string name = "bike")
    {
        var files = new Dictionary<string, (PackageFileKind Kind, string Text)> { [PackageFile.Model] = (PackageFileKind.Weight, $"the model {name}"), ["README.md"] = (PackageFileKind.Doc, "# a card") };
        Package = ModelPackage.Create(new() { Name = name }, files.Select(file => PackageFile.Of(file.Key, file.Value.Kind, Encoding.UTF8.GetBytes(file.Value.Text))));
        Add(Package.Manifest.ToArray());
        Add(Package.Config.ToArray());
        foreach (var (_, text) in files.Values)
        {
            Add(Encoding.UTF8.GetBytes(text));
        }

        Provenance = Where(name);
        Parts = new ModelSbom { Subject = Package.Digest, Name = name, Version = new(1, 0, 0), Card = new() { Task = "regression" } }.About();
        Gate = Result(GateResult.Passed);
    }

    public ModelPackage Package { get; }

    public SigningKey Key { get; } = SigningKey.Create();

    public Statement Provenance { get; }

    public Statement Parts { get; }

    public Statement Gate { get; }

    /// <summary>All bytes by their digest, those of the manifest included.</summary>
    public IReadOnlyDictionary<Digest, byte[]> Blobs => _blobs;

    public Statement Where(string model, string commit = Commit, Digest? subject = null) => new Provenance
    {
        BuilderId = "urn:mlops:local",
        BuildType = PackageStatements.BuildType,
        Model = model,
        Parameters = JsonSerializer.SerializeToElement(new SortedDictionary<string, int> { ["trees"] = 10 }),
        Source = new(new("https://example.org/city.git"), commit) { Author = "somebody <somebody@example.org>" },
        FinishedOn = Now,
    }.About(new(model, subject ?? Package.Digest));

    public Statement Result(GateResult result) => new TestResult { Result = result, Configuration = [new("bike/gate", Digest.Of("gate"))], Passed = ["rmse max 60"] }.About(new(Package.Description.Name, Package.Digest));

    public byte[] Signed(Statement statement, SigningKey? key = null) => Bundle.Sign(statement, key ?? Key).ToBytes();

    /// <summary>What is attached as the attestor attaches it.</summary>
    /// <param name="content">A bundle or a statement.</param>
    /// <param name="type">What its manifest announces.</param>
    public StoredManifest Attached(byte[] content, string type, string mediaType = Bundle.MediaType)
    {
        Add(content);
        return StoredManifest.Of(new()
        {
            ArtifactType = mediaType,
            Config = Descriptor.Empty,
            Layers = [Descriptor.Of(mediaType, content)],
            Subject = Descriptor.Of(MediaTypes.Manifest, Package.Manifest.Span),
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["dev.sigstore.bundle.predicateType"] = type },
        });
    }

    /// <summary>All three attestations, signed.</summary>
    public List<StoredManifest> Attested() => [.. new[] { Provenance, Parts, Gate }.Select(statement => Attached(Signed(statement), statement.PredicateType))];

    /// <summary>What does not hold, in words.</summary>
    public List<string> Faults(IReadOnlyList<StoredManifest> attached, IRepositoryFacts? repository = null, StoredManifest? manifest = null, string? model = null, string? version = null, params PublicKey[] trusted)
    {
        var artifact = new Artifact("bike 1.0.0", manifest ?? new(Descriptor.Of(MediaTypes.Manifest, Package.Manifest.Span), Package.Manifest), blob => _blobs.TryGetValue(blob.Digest, out var bytes) ? new MemoryStream(bytes) : null, attached) { Model = model, Version = version };
        var trust = new TrustPolicy((trusted.Length > 0 ? trusted : [Key.Public]).Select(key => new TrustedKey(key, "keys/release.pub")));
        return [.. new ArtifactCheck(artifact, trust, repository ?? new Repository(), Now).Run(default).Where(finding => finding.Result == CheckResult.Failed).Select(finding => $"{finding.What}: {finding.Seen}")];
    }

    public Descriptor Add(byte[] bytes)
    {
        _blobs[Digest.Of(bytes)] = bytes;
        return Descriptor.Of("application/octet-stream", bytes);
    }

    public void Dispose() => Key.Dispose();

    /// <summary>A repository with one commit, whose lock pins the packages of models that have gates.</summary>
    public sealed class Repository : IRepositoryFacts
    {
        public string? Fault(string commit, string model, Digest package, IReadOnlyList<ResourceDescriptor> datasets, bool mustBeProtected) => commit == Commit ? null : $"commit {commit} is not in this repository";

        public bool HasGate(string commit, string model) => commit == Commit;

        public ArtifactFinding Number(string model, PackageVersion version, Digest package, bool mustBeKnown) => new("version", CheckResult.Passed, "");

        public bool IsReviewed(string commit) => commit == Commit;
    }
}
