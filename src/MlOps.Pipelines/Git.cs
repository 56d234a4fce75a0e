using System.ComponentModel;
using System.Diagnostics;

namespace MlOps.Pipelines;

/// <summary>Asks git about the workspace; a workspace without git, or a machine without it, gives null.</summary>
internal static class Git
{
    /// <summary>A file's bytes at a revision, or null.</summary>
    /// <param name="file">Relative to <paramref name="folder"/>.</param>
    public static async Task<byte[]?> ShowAsync(string folder, string revision, string file, CancellationToken cancellationToken) =>
        revision.StartsWith('-') ? null : await RunAsync(folder, cancellationToken, "show", $"{revision}:./{file}");

    /// <summary>What git prints, or null if it fails.</summary>
    public static async Task<byte[]?> RunAsync(string folder, CancellationToken cancellationToken, params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var output = new MemoryStream();
            var errors = git.StandardError.ReadToEndAsync(cancellationToken);
            await git.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
            await errors;
            await git.WaitForExitAsync(cancellationToken);
            return git.ExitCode == 0 ? output.ToArray() : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The files that git carries below a path, relative to the folder; none without git.</summary>
    public static IReadOnlyList<string> Tracked(string folder, string path)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["--literal-pathspecs", "ls-files", "-z", "--", path])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = System.Text.Encoding.UTF8,
            })!;
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? output.Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }
}
