using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Reads <c>oci://HOST[:PORT]/REPOSITORY</c>.</summary>
internal static class OciAddress
{
    public const string Scheme = "oci://";

    /// <summary>Registry and repository.</summary>
    /// <exception cref="DiagnosticException">MLO8210: it is not well formed. MLO8102: it holds a user name or password.</exception>
    public static Reference Parse(string address)
    {
        Reference reference;
        try
        {
            reference = Reference.Parse(address[Scheme.Length..]);
        }
        catch (DiagnosticException e) when (e.Diagnostics[0].Code == "MLO8101")
        {
            throw Malformed(address, e.Diagnostics[0].Why);
        }

        return reference is { Tag: null, Digest: null } ? reference : throw Malformed(address, "a remote is a whole repository, without tag and digest");
    }

    private static DiagnosticException Malformed(string address, string? why) => new(new Diagnostic("MLO8210", $"'{address}' is no address of a registry's repository")
    {
        Why = why,
        Mend = "write oci://HOST[:PORT]/REPOSITORY in nuke.json under \"store\"",
    });
}
