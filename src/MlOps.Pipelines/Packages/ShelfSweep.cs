using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Pipelines.Packages;

/// <summary>What on the shelf nobody needs: pulled packages, if they are asked about, that no lock numbers or names; attestations go with what they are about.</summary>
/// <param name="shelf">The shelf.</param>
/// <param name="store">Its bytes.</param>
/// <param name="needed">What locks name.</param>
/// <param name="dropPulled">Whether pulled packages go that no lock needs; they can be pulled again.</param>
internal sealed class ShelfSweep(PackageShelf shelf, ContentStore store, IReadOnlySet<Digest> needed, bool dropPulled)
{
    private readonly IReadOnlyList<Descriptor> _all = shelf.All();

    /// <summary>The packages that go.</summary>
    public IReadOnlyList<Descriptor> Dropped => [.. _all.Where(one => dropPulled && PackageShelf.Tag(one) is not null && SubjectOf(one) is null && !needed.Contains(one.Digest))];

    /// <summary>The objects of packages that stay.</summary>
    public IEnumerable<Digest> Objects() => _all.Except(Dropped).Where(one => SubjectOf(one) is null).SelectMany(one => PackageShelf.ObjectsOf(store, one.Digest));

    /// <summary>The objects of attestations, by what they are about.</summary>
    public IEnumerable<(Digest Subject, Digest Attached)> Attached() =>
        from one in _all
        let subject = SubjectOf(one)
        where subject is not null
        from content in PackageShelf.ObjectsOf(store, one.Digest)
        select (subject.Value, content);

    /// <summary>The attestations about what does not stay.</summary>
    public IReadOnlyList<Descriptor> Orphans(StoreSweep sweep) => [.. _all.Where(one => SubjectOf(one) is { } subject && !sweep.Keeps(subject))];

    private Digest? SubjectOf(Descriptor one) => store.TryRead(one.Digest) is { } bytes ? Manifest.TryParse(bytes)?.Subject?.Digest : null;
}
