using System.Globalization;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Remotes;

/// <summary>A repository of an OCI registry: objects are blobs, records are tagged manifests whose layers are the objects they name.</summary>
/// <remarks>So the registry's own garbage collection keeps what a record names and removes what none does. A record of very many objects is an index of manifests; these have
/// tags of their own, because older registries collect what only an index names.</remarks>
internal sealed class OciRemote : IRemoteStore
{
    /// <summary>The kind of artifact, and the media type of the layer with the record's bytes.</summary>
    internal const string RecordType = "application/vnd.mlops.record.v1";

    /// <summary>The kind of artifact of a manifest that holds further names only.</summary>
    internal const string NamesType = "application/vnd.mlops.record.names.v1";

    private const int SideBySide = 16, MostRecordBytes = 1 << 20, MostEmbeddedBytes = 256 * 1024;

    private readonly RegistryClient _client;
    private readonly Repository _repository;
    private readonly SemaphoreSlim _emptying = new(1);
    private bool _hasEmpty;

    /// <summary>A remote that asks nothing before its first use.</summary>
    /// <param name="address">As declared, without credentials.</param>
    /// <param name="reference">Registry and repository.</param>
    /// <param name="options">How the registry's client behaves.</param>
    public OciRemote(string address, Reference reference, RegistryOptions? options = null)
    {
        Address = address;
        _client = new(reference.Registry, options);
        _repository = _client.Repository(reference.Repository);
    }

    public string Address { get; }

    /// <summary>So that a manifest stays far below the 4 MiB that registries take.</summary>
    internal int NamesPerManifest { get; init; } = 8192;

    public Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<Digest> contents, CancellationToken cancellationToken) => NamedAsync(async () =>
    {
        var found = new HashSet<Digest>();
        await Parallel.ForEachAsync(contents, new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken }, async (content, token) =>
        {
            if (await _repository.HeadBlobAsync(content, token) is not null)
            {
                lock (found)
                {
                    found.Add(content);
                }
            }
        });
        return (IReadOnlySet<Digest>)found;
    });

    public Task<bool> FetchAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken) =>
        NamedAsync(() => _repository.FetchBlobAsync(content, file, progress, cancellationToken));

    public Task StoreAsync(Digest content, string file, IProgress<long>? progress, CancellationToken cancellationToken) => NamedAsync(async () =>
    {
        await _repository.PutBlobAsync(content, file, progress, cancellationToken);
        return true;
    });

    public Task<byte[]?> FetchRecordAsync(Digest key, CancellationToken cancellationToken) => NamedAsync(async () =>
    {
        var stored = await _repository.GetManifestAsync(TagOf(key), cancellationToken);
        if (stored is not null && ImageIndexOf(stored) is { Manifests: [var first, ..] })
        {
            stored = await _repository.GetManifestAsync(first.Digest, cancellationToken) ?? throw Foreign(key, "its index names a manifest that is not there");
        }

        if (stored is null)
        {
            return null;
        }

        return Manifest.TryParse(stored.Bytes.Span) is { ArtifactType: RecordType, Layers: [{ MediaType: RecordType } layer, ..] }
            ? layer.Embedded ?? await _repository.GetBlobAsync(layer.Digest, MostRecordBytes, cancellationToken) ?? throw Foreign(key, $"its blob {layer.Digest} is not there")
            : throw Foreign(key, "what stands there was not written by this product");
    });

    public Task StoreRecordAsync(Digest key, ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names, CancellationToken cancellationToken) => NamedAsync(async () =>
    {
        var tag = TagOf(key);
        var manifests = ManifestsOf(record, names);
        var bytes = manifests.ConvertAll(manifest => manifest.ToBytes());
        var top = bytes is [var only] ? only : IndexOf(manifests, bytes).ToBytes();
        if (await _repository.HeadManifestAsync(tag, cancellationToken) is { } there && there.Digest == Digest.Of(top))
        {
            return true;
        }

        await StoreEmptyAsync(cancellationToken);
        await _repository.PutBlobAsync(record, cancellationToken);
        if (bytes.Count > 1)
        {
            for (var part = 0; part < bytes.Count; part++)
            {
                await _repository.PutManifestAsync(MediaTypes.Manifest, bytes[part], string.Create(CultureInfo.InvariantCulture, $"{tag}.{part}"), cancellationToken);
            }
        }

        await _repository.PutManifestAsync(bytes.Count > 1 ? MediaTypes.Index : MediaTypes.Manifest, top, tag, cancellationToken);
        return true;
    });

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _emptying.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string TagOf(Digest key) => $"record-{key.Hex}";

    private static ImageIndex? ImageIndexOf(StoredManifest stored) => MediaTypes.IsIndex(stored.Descriptor.MediaType) ? ImageIndex.TryParse(stored.Bytes.Span) : null;

    /// <summary>Equal records and names give equal manifests, whatever the order of the names.</summary>
    private List<Manifest> ManifestsOf(ReadOnlyMemory<byte> record, IReadOnlyCollection<RemoteObject> names)
    {
        var first = Descriptor.Of(RecordType, record.Span) with { Data = record.Length <= MostEmbeddedBytes ? record.ToArray() : null };
        var layers = names.DistinctBy(name => name.Content).OrderBy(name => name.Content)
            .Select(name => new Descriptor { MediaType = MediaTypes.Bytes, Digest = name.Content, Size = name.Bytes })
            .Chunk(NamesPerManifest).DefaultIfEmpty([]);
        return [.. layers.Select((layers, part) => new Manifest
        {
            ArtifactType = part == 0 ? RecordType : NamesType,
            Config = Descriptor.Empty,
            Layers = part == 0 ? [first, .. layers] : layers,
        })];
    }

    private static ImageIndex IndexOf(List<Manifest> manifests, List<byte[]> bytes) => new()
    {
        ArtifactType = RecordType,
        Manifests = [.. manifests.Zip(bytes, (manifest, bytes) => Descriptor.Of(MediaTypes.Manifest, bytes) with { ArtifactType = manifest.ArtifactType })],
    };

    /// <summary>Every manifest names the empty configuration; it is stored once.</summary>
    private async Task StoreEmptyAsync(CancellationToken cancellationToken)
    {
        await _emptying.WaitAsync(cancellationToken);
        try
        {
            if (!_hasEmpty)
            {
                await _repository.PutBlobAsync(Descriptor.Empty.Data!, cancellationToken);
                _hasEmpty = true;
            }
        }
        finally
        {
            _emptying.Release();
        }
    }

    private DiagnosticException Foreign(Digest key, string why) => new(new Diagnostic("MLO8211", $"record {key} of the remote cannot be used")
    {
        Where = Address,
        Why = $"tag {TagOf(key)}: {why}",
        Mend = "remove that tag there, and push again: ./build.sh Push",
    });

    /// <summary>Failures name the remote as it is declared.</summary>
    private async Task<T> NamedAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (DiagnosticException e) when (e.Diagnostics.Any(diagnostic => diagnostic.Where == _repository.Reference.ToString()))
        {
            throw new DiagnosticException([.. e.Diagnostics.Select(diagnostic => diagnostic.Where == _repository.Reference.ToString() ? diagnostic with { Where = Address } : diagnostic)]);
        }
    }
}
