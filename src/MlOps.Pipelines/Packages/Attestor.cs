using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>Puts statements about packages and images on the shelf: signed where there is a key, each as a manifest whose subject they are about.</summary>
/// <param name="store">Gets the bytes.</param>
/// <param name="shelf">Gets the manifests.</param>
/// <param name="key">What signs; null leaves statements unsigned.</param>
internal sealed class Attestor(ContentStore store, PackageShelf shelf, SigningKey? key)
{
    /// <summary>The annotations that tell what an attestation says without reading it: those of sigstore's clients.</summary>
    private const string PredicateType = "dev.sigstore.bundle.predicateType", Form = "dev.sigstore.bundle.content";

    /// <summary>An attestation as it is found: what it says, and the bytes that say it.</summary>
    /// <param name="Predicate">The kind of statement.</param>
    /// <param name="Layer">The bundle or the statement.</param>
    public sealed record Found(string Predicate, Descriptor Layer);

    /// <summary>What an attestation's manifest announces; null if it is no attestation.</summary>
    public static Found? Of(Manifest manifest) => manifest is { ArtifactType: Bundle.MediaType or Statement.MediaType, Layers: [var layer] } && layer.MediaType == manifest.ArtifactType
        ? new(manifest.Annotations?.GetValueOrDefault(PredicateType) ?? "", layer) : null;

    /// <summary>Whether a kind of statement about something is on the shelf already, signed as this one would; without a key, by anybody.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="predicate">The kind of statement.</param>
    /// <param name="holds">Whether what it says still holds; null for whatever it says.</param>
    public bool Has(Digest subject, string predicate, Func<Statement, bool>? holds = null) =>
        shelf.Referrers(subject).Any(attached => (key is null ? Read(attached, predicate) is not null : IsOurs(attached, predicate)) && (holds is null || (StatementIn(Read(attached, predicate)!) is { } said && holds(said))));

    /// <summary>Attaches statements to a package or an image; those of the same kind that this key signed before, or nobody, give way.</summary>
    public void Attach(Descriptor subject, IEnumerable<Statement> statements)
    {
        var added = new List<Descriptor>();
        var removed = new HashSet<Digest>();
        foreach (var statement in statements)
        {
            removed.UnionWith(shelf.Referrers(subject.Digest).Where(attached => IsOurs(attached, statement.PredicateType) || IsUnsigned(attached, statement.PredicateType)).Select(attached => attached.Descriptor.Digest));
            var (type, bytes) = key is null ? (Statement.MediaType, statement.ToBytes()) : (Bundle.MediaType, Bundle.Sign(statement, key).ToBytes());
            var manifest = new Manifest
            {
                ArtifactType = type,
                Config = Descriptor.Empty,
                Layers = [Descriptor.Of(type, bytes)],
                Subject = new() { MediaType = subject.MediaType, Digest = subject.Digest, Size = subject.Size },
                Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Form] = key is null ? "statement" : "dsse-envelope", [PredicateType] = statement.PredicateType },
            };
            store.Put(bytes);
            store.Put(Descriptor.Empty.Data);
            var stored = manifest.ToBytes();
            store.Put(stored);
            added.Add(Descriptor.Of(MediaTypes.Manifest, stored) with { ArtifactType = type, Annotations = manifest.Annotations });
        }

        shelf.Replace(removed, added);
    }

    /// <summary>What a bundle or a bare statement says, whoever signed it; null if it says nothing.</summary>
    public static Statement? StatementIn(byte[] bytes) => Statement.TryParse(Bundle.TryParse(bytes, out var bundle, out _) ? bundle.Payload.Span : bytes, out var statement, out _) ? statement : null;

    private bool IsOurs(StoredManifest attached, string predicate) => Read(attached, predicate) is { } bytes
        && (Bundle.TryParse(bytes, out var bundle, out _) ? bundle.Hint == key?.Public.Id.ToString() : key is null);

    private bool IsUnsigned(StoredManifest attached, string predicate) => Read(attached, predicate) is { } bytes && !Bundle.TryParse(bytes, out _, out _);

    private byte[]? Read(StoredManifest attached, string predicate) =>
        Manifest.TryParse(attached.Bytes.Span) is { } manifest && Of(manifest) is { } found && found.Predicate == predicate ? store.TryRead(found.Layer.Digest) : null;
}
