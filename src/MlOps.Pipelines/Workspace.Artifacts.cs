using MlOps.Containers;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Images;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    private const string OciScheme = "oci://", Damaged = "MLO7240";

    /// <summary>What a package's manifest has to be.</summary>
    private static readonly ArtifactKind PackageKind = ArtifactKind.Of("package", ModelPackage.ArtifactType, ModelPackage.ConfigType, "application/vnd.cncf.model.");

    /// <summary>Whether a word means a package or an image, not a step.</summary>
    public bool IsArtifact(string word) =>
        word.StartsWith(OciScheme, StringComparison.Ordinal) || PackageName.Parse(word) is { Version: not null } || _definition.Models.Any(model => model.Name == word) || File.Exists(word) || (Directory.Exists(word) && File.Exists(Path.Join(word, "oci-layout")));

    /// <summary>Finds what a word means: <c>oci://…</c>, a file or folder, or a package by name.</summary>
    private async Task<Artifact> ArtifactAsync(string word, CancellationToken cancellationToken)
    {
        if (word.StartsWith(OciScheme, StringComparison.Ordinal))
        {
            return await FetchedAsync(Reference.Parse(word[OciScheme.Length..]), word, cancellationToken);
        }

        var name = PackageName.Parse(word);
        if (name.Version is null && !_definition.Models.Any(model => model.Name == word) && (File.Exists(word) || Directory.Exists(word)))
        {
            return FromLayout(word);
        }

        var digest = DigestOf(name);
        var isThere = _engine.Store.Contains(digest);
        return _engine.Store.TryRead(digest) is { } manifest
            ? FromStore(name.ToString(), digest, manifest) with { Model = name.Model, Version = name.Version?.ToString() ?? (string?)CurrentLock.Fact($"models/{name.Model}", VersionLedger.Version) }
            : throw new DiagnosticException(new Diagnostic(isThere ? Damaged : "MLO2282", $"package '{name}' is {(isThere ? "damaged" : "not here")}")
            {
                Why = isThere ? $"the store had other bytes for {digest}, and has set them aside" : $"{digest} is not in the store",
                Mend = name.Version is null ? "./build.sh Package" : $"./build.sh Pull {name}",
            });
    }

    /// <summary>The digest of a package by name: the lock's, one that the lock has numbered, or one that was pulled.</summary>
    private Digest DigestOf(PackageName name)
    {
        var pinned = CurrentLock;
        var ledger = VersionLedger.Of(pinned, $"models/{name.Model}");
        var known = _definition.Models.Select(model => model.Name).Concat(Shelf.All().Select(PackageShelf.Tag).OfType<(string Name, string Version)>().Select(tag => tag.Name));
        if (!known.Contains(name.Model))
        {
            throw NothingOf(name.Model, "MLO2030", "model or file", known);
        }

        if (name.Version is not { } version)
        {
            return VersionLedger.PackageOf(pinned, $"models/{name.Model}") ?? throw new DiagnosticException(new Diagnostic("MLO2282", $"model '{name.Model}' has no package yet") { Mend = "./build.sh Package" });
        }

        return ledger.TryGetValue(version, out var numbered) ? numbered : Shelf.Find(name.Model, version.ToString()) ?? throw new DiagnosticException(new Diagnostic("MLO2181", $"model '{name.Model}' has no version '{version}' here")
        {
            Why = ledger.Count == 0 ? "the lock numbers none" : $"the lock numbers {string.Join(", ", ledger.Keys)}",
            Mend = $"./build.sh Packages lists what there is; ./build.sh Pull {name} brings it from the registry",
        });
    }

    /// <summary>What is said of a word that means nothing here, though it might have meant a place as well.</summary>
    private static DiagnosticException NothingOf(string word, string code, string kinds, IEnumerable<string> known)
    {
        var told = Unknown(code, $"there is no {kinds} '{word}'", word, known).Diagnostics[0];
        return new(told with { Mend = $"{told.Mend}; a package is MODEL or MODEL@VERSION, an image or package elsewhere FILE.tar, a layout's folder, or oci://HOST/REPOSITORY:TAG" });
    }

    private Artifact FromStore(string where, Digest digest, byte[] manifest) =>
        new(where, new(Descriptor.Of(MediaTypes.Manifest, manifest) with { Digest = digest }, manifest), blob => _engine.Store.TryRead(blob.Digest) is { } bytes ? new MemoryStream(bytes) : null, [.. Shelf.Referrers(digest)]);

    private Artifact FromLayout(string path)
    {
        var layout = ImageLayout.Open(path);
        try
        {
            return FromLayout(path, layout);
        }
        catch
        {
            layout.Dispose();
            throw;
        }
    }

    private Artifact FromLayout(string path, ImageLayout layout)
    {
        var found = layout.Find();
        var (version, digits) = MadeImage.Said(TagIn(layout));
        return new(path, found, layout.OpenBlob, [.. layout.AttachedTo(found.Descriptor.Digest), .. Shelf.Referrers(found.Descriptor.Digest)]) { Source = layout, Version = version, Digits = digits, Whole = cancellationToken => $"{layout.Check(cancellationToken)} blobs, and nothing else" };
    }

    /// <summary>What follows the last colon of the name that an archive gives its content.</summary>
    private static string? TagIn(ImageLayout layout) =>
        layout.Index.Manifests.Select(manifest => manifest.Annotations?.GetValueOrDefault(Descriptor.RefName)).FirstOrDefault(name => name is not null)?.Split(':') is [.., var tag] ? tag : null;

    /// <summary>Brings a package or an image with what is attached to it from a registry into the store.</summary>
    private async Task<Artifact> FetchedAsync(Reference reference, string where, CancellationToken cancellationToken)
    {
        using var client = new RegistryClient(reference.Registry);
        var (artifact, _, _) = await FetchedAsync(client.Repository(reference.Repository), reference, where, ArtifactKind.Any, cancellationToken);
        var (version, digits) = MadeImage.Said(reference.Tag);
        return artifact with { Version = version, Digits = digits };
    }

    private async Task<(Artifact Artifact, PulledArtifact Pulled, IReadOnlyList<PulledArtifact> Attached)> FetchedAsync(Repository repository, Reference reference, string where, ArtifactKind kind, CancellationToken cancellationToken)
    {
        var transfer = new ArtifactTransfer(repository, new() { Progress = new Progress<long>(_ => { }) });
        var pulled = reference.Digest is { } digest ? await transfer.PullAsync(digest, kind, _engine.Store, cancellationToken) : await transfer.PullAsync(reference.Tag ?? "latest", kind, _engine.Store, cancellationToken);
        var attached = await transfer.PullAttachedAsync(pulled.Stored.Descriptor.Digest, null, ArtifactKind.Any, _engine.Store, cancellationToken);
        var here = FromStore(where, pulled.Stored.Descriptor.Digest, pulled.Stored.Bytes.ToArray());
        return (here with { Stored = pulled.Stored, Attached = [.. attached.Select(one => one.Stored)] }, pulled, attached);
    }
}
