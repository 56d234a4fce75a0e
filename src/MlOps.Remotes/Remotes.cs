using System.Runtime.CompilerServices;
using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>The kinds of remotes there are.</summary>
public static class Remotes
{
    private const string S3Scheme = S3Address.Scheme;

    /// <summary>The remote of an address; nothing is asked before its first use.</summary>
    /// <param name="spec">What is declared.</param>
    /// <param name="root">The workspace, from which relative folders are meant.</param>
    /// <exception cref="DiagnosticException">MLO8201, MLO8210, MLO8230: the address is of no known kind, or not well formed. MLO8102: it holds credentials.</exception>
    public static IRemoteStore Open(RemoteSpec spec, string root) => spec.Address switch
    {
        _ when spec.Address.StartsWith(S3Scheme, StringComparison.Ordinal) => OpenS3(spec),
        _ when spec.Address.StartsWith(OciAddress.Scheme, StringComparison.Ordinal) => new OciRemote(spec.Address, OciAddress.Parse(spec.Address)),
        _ when spec.Address.Contains("://", StringComparison.Ordinal) => throw Unknown(spec),
        _ => new FolderRemote(spec.Address, Path.GetFullPath(spec.Address, root)),
    };

    // A method of its own, never inlined: the SDK's assemblies are opened only by those who use them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static S3Remote OpenS3(RemoteSpec spec) => new(S3Address.Parse(spec), new S3Limits());

    private static DiagnosticException Unknown(RemoteSpec spec) => new(new Diagnostic("MLO8201", $"'{spec.Address}' is no address of a remote")
    {
        Why = "known are oci://HOST/REPOSITORY, s3://BUCKET/PREFIX and folders",
        Mend = "mend it in nuke.json under \"store\"",
    });
}
