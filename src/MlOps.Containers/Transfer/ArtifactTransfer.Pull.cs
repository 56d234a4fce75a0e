using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Fetching into a store.</summary>
public sealed partial class ArtifactTransfer
{
    private const int MostAttached = 256;

    /// <summary>Brings what a tag stands for into a store: every blob whose bytes are what its descriptor says, and after them the manifest.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="kind">What it must be.</param>
    /// <param name="store">Blobs that it has are not fetched; what an earlier try has of others is gone on after.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8121: it is something else. MLO8122: it is too large. MLO8123: it, or a blob of it, is not there. MLO8125, MLO8112: the registry sends other bytes.</exception>
    public async Task<PulledArtifact> PullAsync(string tag, ArtifactKind kind, ContentStore store, CancellationToken cancellationToken) =>
        await PullAsync(await repository.GetManifestAsync(tag, cancellationToken) ?? throw NotThere($"{kind.Name} '{tag}'"), kind, store, _options.MostBytes, cancellationToken);

    /// <summary>As the other, by digest.</summary>
    /// <inheritdoc cref="PullAsync(string, ArtifactKind, ContentStore, CancellationToken)"/>
    public async Task<PulledArtifact> PullAsync(Digest digest, ArtifactKind kind, ContentStore store, CancellationToken cancellationToken) =>
        await PullAsync(await repository.GetManifestAsync(digest, cancellationToken) ?? throw NotThere($"{kind.Name} {digest}"), kind, store, _options.MostBytes, cancellationToken);

    /// <summary>Brings what is attached to a manifest into a store.</summary>
    /// <param name="subject">The manifest.</param>
    /// <param name="artifactType">Only these; null for all.</param>
    /// <param name="kind">What each must be.</param>
    /// <param name="store">As for <see cref="PullAsync(string, ArtifactKind, ContentStore, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8128: the list names what is about something else, or too many; and as for a single one.</exception>
    public async Task<IReadOnlyList<PulledArtifact>> PullAttachedAsync(Digest subject, string? artifactType, ArtifactKind kind, ContentStore store, CancellationToken cancellationToken)
    {
        var referrers = await repository.ReferrersAsync(subject, artifactType, cancellationToken);
        if (referrers.Count > MostAttached)
        {
            throw Foreign(subject, FormattableString.Invariant($"the list names {referrers.Count} manifests, more than {MostAttached}"));
        }

        var pulled = new List<PulledArtifact>();
        var left = _options.MostBytes;
        foreach (var referrer in referrers)
        {
            var stored = await repository.GetManifestAsync(referrer.Digest, cancellationToken) ?? throw NotThere($"{kind.Name} {referrer.Digest}, attached to {subject},");
            if (ArtifactKind.Any.Parse(stored, _where).Subject?.Digest is var about && about != subject)
            {
                throw Foreign(subject, $"the list names {referrer.Digest}, which is about {(about is null ? "nothing" : about)}");
            }

            pulled.Add(await PullAsync(stored, kind, store, left, cancellationToken));
            left -= pulled[^1].Blobs.Sum(blob => blob.Blob.Size);
        }

        return pulled;
    }

    private async Task<PulledArtifact> PullAsync(StoredManifest stored, ArtifactKind kind, ContentStore store, long most, CancellationToken cancellationToken)
    {
        if (MediaTypes.IsIndex(stored.Descriptor.MediaType))
        {
            stored = await SelectAsync(stored, kind, cancellationToken);
        }

        var manifest = kind.Parse(stored, _where);
        CheckSizes(stored, manifest, kind, most);
        using var partials = TryClaimPartials(store);
        var blobs = await MoveAsync([manifest], (blob, token) => FetchAsync(blob, store, partials is not null, token), cancellationToken);
        store.Put(stored.Bytes.Span);
        return new(stored, manifest, blobs);
    }

    /// <summary>The manifest of an index for the platform that is wanted.</summary>
    private async Task<StoredManifest> SelectAsync(StoredManifest index, ArtifactKind kind, CancellationToken cancellationToken)
    {
        var platform = _options.Platform;
        var what = $"{kind.Name} {index.Descriptor.Digest}";
        var parsed = ImageIndex.TryParse(index.Bytes.Span);
        if (parsed is not { SchemaVersion: 2 } || parsed.MediaType != index.Descriptor.MediaType)
        {
            throw ArtifactFailure.NotWhatItShouldBe(_where, what, "it goes by the media type of an index, and is none");
        }

        var chosen = parsed.Manifests.FirstOrDefault(entry => entry.Platform is { } runs && runs.Os == platform.Os && runs.Architecture == platform.Architecture && (platform.Variant is null || runs.Variant == platform.Variant))
            ?? throw ArtifactFailure.Missing(_where, what, $"its index has no manifest for {platform.Os}/{platform.Architecture}");
        return await repository.GetManifestAsync(chosen.Digest, cancellationToken) ?? throw NotThere($"manifest {chosen.Digest} of an index");
    }

    private void CheckSizes(StoredManifest stored, Manifest manifest, ArtifactKind kind, long most)
    {
        var left = most;
        foreach (var blob in manifest.Layers.Prepend(manifest.Config))
        {
            if (blob.Size > _options.MostBlobBytes || (left -= blob.Size) < 0)
            {
                throw ArtifactFailure.TooLarge(_where, $"{kind.Name} {stored.Descriptor.Digest}",
                    FormattableString.Invariant($"with blob {blob.Digest} of {blob.Size} bytes it is more than may be fetched: {_options.MostBlobBytes} bytes of one blob, {most} of all"));
            }
        }
    }

    private async Task<BlobOutcome> FetchAsync(Descriptor blob, ContentStore store, bool mayGoOn, CancellationToken cancellationToken)
    {
        if (store.Check(blob.Digest))
        {
            return new FileInfo(store.PathOf(blob.Digest)).Length is var length && length == blob.Size ? BlobOutcome.Existed : throw WrongSize(blob, "the store has", length);
        }

        if (blob.Embedded is { } embedded)
        {
            store.Put(embedded);
            return BlobOutcome.Existed;
        }

        var file = mayGoOn ? store.PartialOf(blob.Digest) : Path.GetTempFileName();
        try
        {
            // What an earlier try left may be wrong; then once more from the first byte.
            for (var tries = mayGoOn && File.Exists(file) ? 2 : 1; tries > 0; tries--)
            {
                if (!await repository.FetchBlobAsync(blob, file, _options.Progress, cancellationToken))
                {
                    throw NotThere($"blob {blob.Digest}");
                }

                if (new FileInfo(file).Length == blob.Size && store.TryAdopt(file, blob.Digest))
                {
                    return BlobOutcome.Fetched;
                }

                File.Delete(file);
            }

            throw ArtifactFailure.OtherBytes(_where, $"blob {blob.Digest}", "the registry sends other bytes");
        }
        finally
        {
            if (!mayGoOn)
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>The right to go on with the beginnings in a store; null while another process or cache has it.</summary>
    private static FileStream? TryClaimPartials(ContentStore store)
    {
        try
        {
            return new(Path.Join(Path.GetDirectoryName(store.PartialOf(Digest.Of([]))), "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private DiagnosticException NotThere(string what) => ArtifactFailure.Missing(_where, what, "the registry does not have it");

    private DiagnosticException Foreign(Digest subject, string why) => new(ArtifactFailure.BadReferrers(_where, subject, why));
}
