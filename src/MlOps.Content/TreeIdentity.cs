using System.Globalization;

namespace MlOps.Content;

/// <summary>What the files below a directory are, taken together.</summary>
/// <param name="Sha256">The identity: in-toto's dirHash, which is the sha256 of the directory's <see cref="TreeListing"/>.</param>
/// <param name="Xxh128">The fast local check: xxh128 over lines of the listing's order, each the 32 hex digits of a file's xxh128, two spaces, its path, LF. Never an identity.</param>
/// <param name="Bytes">The lengths of all files together.</param>
/// <param name="Files">How many files there are.</param>
public readonly record struct TreeIdentity(Digest Sha256, UInt128 Xxh128, long Bytes, long Files)
{
    /// <summary>The 32 lower-case hex digits of <see cref="Xxh128"/>.</summary>
    public string Xxh128Hex => Xxh128.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>A directory of the workspace as one walk saw it.</summary>
/// <param name="Identity">What its files are, taken together.</param>
/// <param name="Listing">Its files one by one.</param>
public sealed record WorkspaceTree(TreeIdentity Identity, TreeListing Listing);
