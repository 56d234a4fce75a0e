using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>The kinds of remotes there are.</summary>
public static class Remotes
{
    /// <summary>The remote of an address; nothing is asked before its first use.</summary>
    /// <param name="spec">What is declared.</param>
    /// <param name="root">The workspace, from which relative folders are meant.</param>
    /// <exception cref="DiagnosticException">MLO8201, MLO8210: the address is of no known kind, or not well formed. MLO8102: it holds credentials.</exception>
    public static IRemoteStore Open(RemoteSpec spec, string root) =>
        spec.Address.StartsWith(OciAddress.Scheme, StringComparison.Ordinal) ? new OciRemote(spec.Address, OciAddress.Parse(spec.Address))
        : spec.Address.Contains("://", StringComparison.Ordinal) ? throw Unknown(spec)
        : new FolderRemote(spec.Address, Path.GetFullPath(spec.Address, root));

    private static DiagnosticException Unknown(RemoteSpec spec) => new(new Diagnostic("MLO8201", $"'{spec.Address}' is no address of a remote")
    {
        Why = "known are oci://HOST/REPOSITORY, s3://BUCKET/PREFIX and folders",
        Mend = "mend it in nuke.json under \"store\"",
    });
}
