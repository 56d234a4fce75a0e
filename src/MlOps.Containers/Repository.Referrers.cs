using System.Net;
using System.Text.Json;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Referrers: manifests that say something about another one by their <c>subject</c>.</summary>
/// <remarks>https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers. A registry without that interface keeps the list as an index under the tag <c>sha256-HEX</c>.</remarks>
public sealed partial class Repository
{
    private const int MostReferrers = 10_000, MostWrites = 10;

    // Another writer has read the list before one wrote it, and writes it soon after: so long one waits to see whether it did.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>Stores manifests that are about another one, and sees to it that they are found from there; again is nothing new. Their blobs must be there.</summary>
    /// <param name="subject">What they are about; it need not be there yet.</param>
    /// <param name="manifests">Each one's <c>subject</c> is that.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Their descriptors, as a list of referrers has them.</returns>
    /// <exception cref="DiagnosticException">MLO8128: other writers kept on removing them from the list, or the list is none.</exception>
    public async Task<IReadOnlyList<Descriptor>> AttachAsync(Descriptor subject, IReadOnlyCollection<ReadOnlyMemory<byte>> manifests, CancellationToken cancellationToken)
    {
        var attached = new List<Descriptor>();
        var byTag = new List<Descriptor>();
        foreach (var bytes in manifests)
        {
            var manifest = Containers.Manifest.TryParse(bytes.Span);
            if (manifest?.Subject is not { } about || about.Digest != subject.Digest)
            {
                throw new ArgumentException($"a manifest has not {subject.Digest} for its subject", nameof(manifests));
            }

            var (stored, told) = await StoreManifestAsync(manifest.MediaType, bytes, null, cancellationToken);
            var referrer = stored with { ArtifactType = manifest.ArtifactType ?? manifest.Config.MediaType, Annotations = manifest.Annotations };
            attached.Add(referrer);
            if (told != subject.Digest)
            {
                byTag.Add(referrer);
            }
        }

        if (byTag.Count > 0)
        {
            await ListAsync(subject.Digest, byTag, cancellationToken);
        }

        return attached;
    }

    /// <summary>What is attached to a manifest, as the registry says: descriptors with <c>artifactType</c>. Whether each is about that manifest stands in it.</summary>
    /// <param name="subject">The manifest.</param>
    /// <param name="artifactType">Only these; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8128: the list is none, or has no end.</exception>
    public async Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Digest, Descriptor>();
        var filter = artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}";
        var next = Ask(HttpMethod.Get, $"referrers/{subject}{filter}", $"list what is attached to {subject}", _pull) with { Headers = headers => headers.Accept.Add(new(MediaTypes.Index)) };
        for (var pages = 0; next is not null; pages++)
        {
            var request = next;
            (var page, next) = await RetryAsync(_ => ReferrersPageAsync(request, subject, cancellationToken), cancellationToken);
            page ??= (await TaggedAsync(subject, cancellationToken))?.Manifests ?? [];
            foreach (var referrer in page)
            {
                found.TryAdd(referrer.Digest, referrer);
            }

            if (pages == MostPages || found.Count > MostReferrers)
            {
                throw new DiagnosticException(ArtifactFailure.BadReferrers(Reference.ToString(), subject, $"the list has no end: more than {MostPages} pages or {MostReferrers} entries"));
            }
        }

        return [.. found.Values.Where(referrer => artifactType is null || referrer.ArtifactType == artifactType)];
    }

    private static string TagOf(Digest subject) => $"sha256-{subject.Hex}";

    /// <summary>A page of the list; null if the registry keeps none.</summary>
    private async Task<(IReadOnlyList<Descriptor>? Page, RegistryRequest? Next)> ReferrersPageAsync(RegistryRequest request, Digest subject, CancellationToken cancellationToken)
    {
        using var response = await _http.SendAsync(request, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                await _http.ConfirmAsync(request.Errand, cancellationToken);
                return (null, null);
            case HttpStatusCode.OK:
                var bytes = await ResponseBody.ReadAsync(response, Containers.Manifest.MaximumBytes, request, Options, cancellationToken)
                    ?? throw request.Errand.Lies($"the list is longer than {Containers.Manifest.MaximumBytes} bytes");
                return (IndexOf(bytes, subject).Manifests, Next(response, request));
            default:
                throw await _http.UnexpectedAsync(response, request, cancellationToken);
        }
    }

    private async Task<ImageIndex?> TaggedAsync(Digest subject, CancellationToken cancellationToken) =>
        await GetManifestAsync(TagOf(subject), cancellationToken) is { } stored ? IndexOf(stored.Bytes, subject) : null;

    private ImageIndex IndexOf(ReadOnlyMemory<byte> bytes, Digest subject)
    {
        string why;
        try
        {
            if (JsonSerializer.Deserialize(bytes.Span, JsonText.Plain.ImageIndex) is { SchemaVersion: 2, MediaType: MediaTypes.Index } index
                && index.Manifests.All(entry => entry is { Size: >= 0 } && (MediaTypes.IsManifest(entry.MediaType) || MediaTypes.IsIndex(entry.MediaType))))
            {
                return index;
            }

            why = "the list is no image index of manifests";
        }
        catch (JsonException failure)
        {
            why = $"the list is no image index: {TarEntries.Shown(failure.Message)}";
        }

        throw new DiagnosticException(ArtifactFailure.BadReferrers(Reference.ToString(), subject, why));
    }

    /// <summary>Adds entries to the list under the tag. Registries know no "only if it is still the same": it is looked at again until what was written stayed.</summary>
    private async Task ListAsync(Digest subject, IReadOnlyList<Descriptor> referrers, CancellationToken cancellationToken)
    {
        var known = new Dictionary<Digest, Descriptor>();
        for (var writes = 0; ; writes++)
        {
            var began = Options.Time.GetTimestamp();
            var index = await TaggedAsync(subject, cancellationToken) ?? new() { Manifests = [] };
            // What stood there once was not meant to go: another writer lost it.
            foreach (var entry in index.Manifests.Concat(referrers))
            {
                known.TryAdd(entry.Digest, entry);
            }

            var there = index.Manifests.Select(entry => entry.Digest).ToHashSet();
            var missing = known.Values.Where(entry => !there.Contains(entry.Digest)).ToList();
            if (missing.Count == 0)
            {
                return;
            }

            if (writes == MostWrites)
            {
                throw new DiagnosticException(ArtifactFailure.BadReferrers(Reference.ToString(), subject, $"its entries were gone again after each of {MostWrites} writes: others write the list at the same time") with { Mend = "try again" });
            }

            var written = await PutManifestAsync(MediaTypes.Index, (index with { Manifests = [.. index.Manifests, .. missing] }).ToBytes(), TagOf(subject), cancellationToken);
            // Who writes slowly here will write slowly elsewhere, too.
            var pause = Settling + (4 * Options.Time.GetElapsedTime(began));
            await Task.Delay(pause > Options.LongestPause ? Options.LongestPause : pause, Options.Time, cancellationToken);
            if (await HeadManifestAsync(TagOf(subject), cancellationToken) is { } now && now.Digest == written.Digest)
            {
                return;
            }
        }
    }
}
