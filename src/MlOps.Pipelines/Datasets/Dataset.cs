using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Datasets;

/// <summary>How what a source gives becomes the dataset.</summary>
internal enum Unpacking
{
    /// <summary>It is the dataset.</summary>
    None,

    /// <summary>A gzip file that holds it.</summary>
    Gunzip,

    /// <summary>It is a member of a zip file.</summary>
    Member,

    /// <summary>It is the directory of all members of a zip file.</summary>
    All,
}

/// <summary>A dataset whose file or directory lies in the workspace, as declared.</summary>
/// <param name="Where">The line of its path.</param>
internal sealed record Dataset(string Name, DatasetManifest Manifest, string Where)
{
    public WorkspacePath Path { get; } = WorkspacePath.Parse(Manifest.Path);

    public StepName Step => StepFactory.ImportOf(Name);

    public string Owner => $"data/{Name}";

    public Unpacking Unpacking => UnpackingOf(Manifest);

    /// <summary>The digest that nuke.json demands of its own bytes; null where it pins none, or those of an archive.</summary>
    public Digest? Demanded => Unpacking == Unpacking.None && Digest.TryParse(Manifest.Source?.Sha256, out var digest) ? digest : null;

    /// <summary>What the lock pins: a directory is told by its listing, whose digest is its own.</summary>
    public ContentRef? Pinned(LockFile pinned)
    {
        if (!Digest.TryParse((string?)pinned.Fact(Owner, "sha256"), out var digest))
        {
            return null;
        }

        var listing = pinned.Find(new(Owner, ImportAction.Name))?.Outputs.GetValueOrDefault(PinAction.Listing);
        return new(digest, listing == digest);
    }

    public static Unpacking UnpackingOf(DatasetManifest manifest)
    {
        if (manifest.Source is not { } source || source.Unpack == false)
        {
            return Unpacking.None;
        }

        var address = source.Url.Split('?', '#')[0];
        return source.Member is not null ? Unpacking.Member
            : Ends(".gz") ? Becomes(Unpacking.Gunzip, unless: ".tar.gz")
            : Ends(".zip") ? Becomes(Unpacking.All, unless: null)
            : source.Unpack == true ? Unpacking.Gunzip : Unpacking.None;

        bool Ends(string suffix) => address.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);

        Unpacking Becomes(Unpacking unpacked, string? unless) =>
            source.Unpack == true || (!manifest.Path.EndsWith(unpacked == Unpacking.All ? ".zip" : ".gz", StringComparison.OrdinalIgnoreCase) && (unless is null || !Ends(unless)))
                ? unpacked : Unpacking.None;
    }
}
