using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Moves whole artifacts and images to a repository and from it: first what is missing of blobs, then manifests, tags last. Whoever sees a tag can have all that it stands for.</summary>
/// <param name="repository">Where to, or from.</param>
/// <param name="options">How.</param>
public sealed partial class ArtifactTransfer(Repository repository, TransferOptions? options = null)
{
    private const int SmallBytes = 1 << 20;

    private readonly TransferOptions _options = options ?? new();
    private readonly string _where = repository.Reference.ToString();

    /// <summary>Publishes a manifest with its blobs, what is attached to it, and then its tags. What is there is not sent again.</summary>
    /// <param name="manifest">What the tags will stand for.</param>
    /// <param name="attached">Manifests whose <c>subject</c> is that one, or one before them in this list.</param>
    /// <param name="tags">The tags; none moves unless that is allowed.</param>
    /// <param name="open">The bytes of a blob that the registry lacks. Of a file, let it be the file's stream: after a broken connection it goes on where it was.</param>
    /// <param name="cancellationToken">Ends it; no tag stands for anything incomplete then.</param>
    /// <exception cref="DiagnosticException">MLO8120: a tag stands for other content. MLO8125: a blob given is not what its descriptor says.</exception>
    public async Task<PushReport> PushAsync(
        StoredManifest manifest, IReadOnlyList<StoredManifest> attached, IReadOnlyList<string> tags, Func<Digest, Stream> open, CancellationToken cancellationToken)
    {
        var manifests = attached.Prepend(manifest).Select(stored => (Stored: stored, Manifest: ArtifactKind.Any.Parse(stored, _where))).ToList();
        for (var i = 1; i < manifests.Count; i++)
        {
            if (manifests[i].Manifest.Subject is not { } subject || manifests.Take(i).All(earlier => earlier.Stored.Descriptor.Digest != subject.Digest))
            {
                throw new ArgumentException("the subject of an attached manifest is not before it", nameof(attached));
            }
        }

        foreach (var tag in tags)
        {
            await IsTaggedAsync(tag, manifest.Descriptor.Digest, cancellationToken);
        }

        var blobs = await MoveAsync(manifests.Select(each => each.Manifest), (blob, token) => SendAsync(blob, open, token), cancellationToken);
        if (tags.Count == 0)
        {
            await repository.PutManifestAsync(manifest.Descriptor.MediaType, manifest.Bytes, null, cancellationToken);
        }

        // Before what they are about: registries take that, and whoever finds the tag finds them.
        var referrers = new List<Descriptor>();
        foreach (var group in manifests.Skip(1).GroupBy(each => each.Manifest.Subject!.Digest))
        {
            referrers.AddRange(await repository.AttachAsync(group.First().Manifest.Subject!, [.. group.Select(each => each.Stored.Bytes)], cancellationToken));
        }

        foreach (var tag in tags)
        {
            await TagAsync(tag, manifest, cancellationToken);
        }

        return new(manifest.Descriptor, blobs, referrers);
    }

    /// <summary>Whether a tag stands for a manifest already; refused if it stands for another.</summary>
    private async Task<bool> IsTaggedAsync(string tag, Digest wanted, CancellationToken cancellationToken)
    {
        var there = await repository.HeadManifestAsync(tag, cancellationToken);
        return there is null || there.Digest == wanted || _options.MayMoveTags ? there?.Digest == wanted : throw ArtifactFailure.TagMoves(_where, tag, there.Digest, wanted);
    }

    private async Task TagAsync(string tag, StoredManifest manifest, CancellationToken cancellationToken)
    {
        // Registries know no "only if it is new": what can be done is to look right before and right after.
        if (!await IsTaggedAsync(tag, manifest.Descriptor.Digest, cancellationToken))
        {
            await repository.PutManifestAsync(manifest.Descriptor.MediaType, manifest.Bytes, tag, cancellationToken);
            if (await repository.HeadManifestAsync(tag, cancellationToken) is var there && there?.Digest != manifest.Descriptor.Digest)
            {
                throw there is null
                    ? ArtifactFailure.Missing(_where, $"tag '{tag}'", "the registry took it, and does not know it")
                    : ArtifactFailure.TagMoves(_where, tag, there.Digest, manifest.Descriptor.Digest);
            }
        }
    }

    private async Task<BlobOutcome> SendAsync(Descriptor blob, Func<Digest, Stream> open, CancellationToken cancellationToken)
    {
        if (await repository.HeadBlobAsync(blob.Digest, cancellationToken) is { } length)
        {
            return length == blob.Size ? BlobOutcome.Existed : throw WrongSize(blob, "the registry has", length);
        }

        foreach (var sibling in _options.MountFrom)
        {
            if (await repository.MountBlobAsync(blob.Digest, sibling, cancellationToken))
            {
                return BlobOutcome.Mounted;
            }
        }

        using var content = blob.Embedded is { } embedded ? new MemoryStream(embedded) : open(blob.Digest);
        if (content is FileStream file && file.Length > SmallBytes)
        {
            await SendFileAsync(blob, file.Name, cancellationToken);
        }
        else if (blob.Size <= SmallBytes)
        {
            await SendSmallAsync(blob, content, cancellationToken);
        }
        else
        {
            // To be sent again after a broken connection, it must lie somewhere.
            using var copy = new FileStream(Path.GetTempFileName(), new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, Options = FileOptions.DeleteOnClose });
            await content.CopyToAsync(copy, cancellationToken);
            await copy.FlushAsync(cancellationToken);
            await SendFileAsync(blob, copy.Name, cancellationToken);
        }

        return BlobOutcome.Uploaded;
    }

    private async Task SendFileAsync(Descriptor blob, string file, CancellationToken cancellationToken)
    {
        if (new FileInfo(file).Length is var length && length != blob.Size)
        {
            throw WrongSize(blob, "its file has", length);
        }

        await repository.PutBlobAsync(blob.Digest, file, _options.Progress, cancellationToken);
    }

    private async Task SendSmallAsync(Descriptor blob, Stream content, CancellationToken cancellationToken)
    {
        var bytes = new byte[blob.Size + 1];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        if (length != blob.Size)
        {
            throw WrongSize(blob, "given are at least", length);
        }

        if (Digest.Of(bytes.AsSpan(0, length)) is var digest && digest != blob.Digest)
        {
            throw ArtifactFailure.OtherBytes(_where, $"blob {blob.Digest}", $"the bytes given have digest {digest}");
        }

        await repository.PutBlobAsync(bytes.AsMemory(0, length), cancellationToken);
        _options.Progress?.Report(length);
    }

    /// <summary>Each blob of some manifests once, several side by side.</summary>
    private async Task<IReadOnlyList<BlobTransfer>> MoveAsync(IEnumerable<Manifest> manifests, Func<Descriptor, CancellationToken, Task<BlobOutcome>> move, CancellationToken cancellationToken)
    {
        var blobs = new List<Descriptor>();
        var known = new Dictionary<Digest, long>();
        foreach (var blob in manifests.SelectMany(manifest => manifest.Layers.Prepend(manifest.Config)))
        {
            if (known.TryAdd(blob.Digest, blob.Size))
            {
                blobs.Add(blob);
            }
            else if (known[blob.Digest] != blob.Size)
            {
                throw WrongSize(blob, "elsewhere it is said to have", known[blob.Digest]);
            }
        }

        var outcomes = new BlobOutcome[blobs.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, blobs.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = cancellationToken },
            async (i, token) => outcomes[i] = await move(blobs[i], token));
        return [.. blobs.Zip(outcomes, (blob, outcome) => new BlobTransfer(blob, outcome))];
    }

    private DiagnosticException WrongSize(Descriptor blob, string has, long length) =>
        ArtifactFailure.OtherBytes(_where, $"blob {blob.Digest}", FormattableString.Invariant($"{has} {length} bytes, not {blob.Size}"));
}
