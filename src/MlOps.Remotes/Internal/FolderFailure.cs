using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Puts what goes wrong at a shared folder into words that a user can act on.</summary>
internal static class FolderFailure
{
    /// <summary>The share's disk, not that of the workspace, is what failed.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="address">The folder as declared.</param>
    /// <param name="folder">Its absolute path, which is left out of the text.</param>
    /// <param name="doing"><c>read</c> or <c>written</c>.</param>
    public static DiagnosticException Of(Exception e, string address, string folder, string doing)
    {
        var described = IoFailure.Describe(e, folder);
        return new(new Diagnostic("MLO8240", $"the remote folder '{address}' cannot be {doing}")
        {
            Where = address,
            Why = $"{described.What}: {described.Why}",
            Mend = described.Code switch
            {
                "MLO1101" => "free some space there and run the same command again; what is through stays",
                "MLO1102" or "MLO1103" => doing == "read" ? "give yourself the right to read there" : "give yourself the right to write there, or declare it with \"push\": false",
                _ => "look whether the disk or share is well, and run the same command again",
            },
        });
    }

    /// <summary>A share that is not mounted must not look like an empty one.</summary>
    public static DiagnosticException Absent(string address) => new(new Diagnostic("MLO8202", $"the remote folder '{address}' is not there")
    {
        Where = address,
        Why = "nor is the folder it stands in: the disk or share is not mounted, or the path is wrong",
        Mend = "mount it, or mend the path in nuke.json under \"store\"",
    });

    /// <summary>Ends the work if a file stands where the folder should be.</summary>
    public static void RefuseFile(string address, string folder)
    {
        if (File.Exists(folder))
        {
            throw new DiagnosticException(new Diagnostic("MLO8241", $"the remote '{address}' is a file, not a folder")
            {
                Where = address,
                Why = "a remote without :// is a folder's path",
                Mend = "name a folder in nuke.json under \"store\"",
            });
        }
    }
}
