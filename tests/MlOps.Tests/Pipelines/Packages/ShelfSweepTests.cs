using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines.Packages;
using MlOps.Tests.Content;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>What of pulled packages and attestations goes with <c>Gc</c>.</summary>
public sealed class ShelfSweepTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ContentStore _store;
    private readonly PackageShelf _shelf;

    public ShelfSweepTests() => (_store, _shelf) = (new(Path.Join(_folder.Root, ".mlops", "store")), new(_folder.Root, new(Path.Join(_folder.Root, ".mlops", "store"))));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_pulled_stays_with_what_is_said_of_it_unless_it_is_asked_to_go()
    {
        var (kept, said) = Pulled("m", "1.0.0");
        var (sweep, stay) = Sweep([], dropPulled: false);
        Assert.Empty(stay.Dropped);
        Assert.Empty(stay.Orphans(sweep));
        Assert.Empty(sweep.Unneeded);

        var (gone, drop) = Sweep([], dropPulled: true);
        Assert.Equal([kept], drop.Dropped.Select(one => one.Digest));
        Assert.Equal([said], drop.Orphans(gone).Select(one => one.Digest));
        // Both manifests, and what each consists of; the empty configuration is shared.
        Assert.Equal(gone.Files.Count, gone.Unneeded.Count);
    }

    [Fact]
    public void What_a_lock_numbers_stays_though_it_was_pulled()
    {
        var (numbered, said) = Pulled("m", "1.0.0");
        var (other, _) = Pulled("m", "1.1.0");
        var (sweep, shelf) = Sweep([numbered], dropPulled: true);
        Assert.Equal([other], shelf.Dropped.Select(one => one.Digest));
        Assert.All([numbered, said], digest => Assert.DoesNotContain(sweep.Unneeded, file => file.Name == digest));
    }

    [Fact]
    public void What_is_said_of_something_that_is_gone_goes_and_of_what_a_lock_names_stays()
    {
        var (gone, named) = (Digest.Of("a package of a branch that is deleted"), Digest.Of("a package that is elsewhere"));
        var (orphan, kept) = (Said(gone), Said(named));
        var (sweep, shelf) = Sweep([named], dropPulled: false);
        Assert.Equal([orphan], shelf.Orphans(sweep).Select(one => one.Digest));
        Assert.Contains(sweep.Unneeded, file => file.Name == orphan);
        Assert.DoesNotContain(sweep.Unneeded, file => file.Name == kept);
    }

    [Fact]
    public void What_is_said_of_a_package_is_none_whatever_it_calls_itself()
    {
        var (package, _) = Pulled("m", "1.0.0");
        var said = Said(package, new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = "fraud", [PackageShelf.Version] = "2.0.0" });
        var (sweep, shelf) = Sweep([package], dropPulled: true);
        Assert.Empty(shelf.Dropped);
        Assert.DoesNotContain(sweep.Unneeded, file => file.Name == said);
    }

    private (StoreSweep Sweep, ShelfSweep Shelf) Sweep(HashSet<Digest> needed, bool dropPulled)
    {
        var shelf = new ShelfSweep(_shelf, _store, needed, dropPulled);
        return (new(_store, needed.Concat(needed.SelectMany(one => PackageShelf.ObjectsOf(_store, one))).Concat(shelf.Objects()), DateTime.MaxValue, DateTime.MaxValue, shelf.Attached()), shelf);
    }

    private (Digest Package, Digest Said) Pulled(string name, string version)
    {
        var package = Put(new() { ArtifactType = "package", Config = Descriptor.Empty, Layers = [Layer($"{name} {version}")] },
            new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = name, [PackageShelf.Version] = version });
        return (package, Said(package));
    }

    private Digest Said(Digest subject, IReadOnlyDictionary<string, string>? annotations = null) =>
        Put(new() { ArtifactType = "attestation", Config = Descriptor.Empty, Layers = [Layer($"about {subject}")], Subject = new() { MediaType = MediaTypes.Manifest, Digest = subject, Size = 1 } }, annotations);

    private Descriptor Layer(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        _store.Put(bytes);
        return Descriptor.Of("text/plain", bytes);
    }

    private Digest Put(Manifest manifest, IReadOnlyDictionary<string, string>? annotations)
    {
        _store.Put(Descriptor.Empty.Data);
        var bytes = manifest.ToBytes();
        _store.Put(bytes);
        var descriptor = Descriptor.Of(MediaTypes.Manifest, bytes) with { Annotations = annotations };
        _shelf.Put([descriptor]);
        return descriptor.Digest;
    }
}
