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

    /// <summary>The files of a revision below some paths, all relative to the folder; none without git.</summary>
    public static async Task<IReadOnlyList<string>> FilesAsync(string folder, string revision, IEnumerable<string> paths, CancellationToken cancellationToken) =>
        !revision.StartsWith('-') && await RunAsync(folder, cancellationToken, ["ls-tree", "-r", "-z", "--name-only", revision, "--", .. paths]) is { } listed
            ? System.Text.Encoding.UTF8.GetString(listed).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>What git prints, or null if it fails.</summary>
    public static Task<byte[]?> RunAsync(string folder, CancellationToken cancellationToken, params string[] arguments) =>
        RunAsync(folder, null, cancellationToken, arguments);

    /// <summary>What git prints when it reads some text, or null if it fails.</summary>
    public static async Task<byte[]?> RunAsync(string folder, string? input, CancellationToken cancellationToken, params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = input is not null,
            })!;
            using var output = new MemoryStream();
            // Written while the answer is read: each of the two pipes holds only so much.
#pragma warning disable CA2025 // It is awaited below; where reading the answer fails, writing to a pipe that is gone does as well.
            var asked = input is null ? Task.CompletedTask : AskAsync(git.StandardInput, input, cancellationToken);
#pragma warning restore CA2025
            var errors = git.StandardError.ReadToEndAsync(cancellationToken);
            await git.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
            await errors;
            await asked;
            await git.WaitForExitAsync(cancellationToken);
            return git.ExitCode == 0 ? output.ToArray() : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task AskAsync(StreamWriter git, string input, CancellationToken cancellationToken)
    {
        try
        {
            await git.WriteAsync(input.AsMemory(), cancellationToken);
            git.Close();
        }
        catch (IOException)
        {
            // It ended early; its exit code says so.
        }
    }

    /// <summary>A file's bytes at a revision, or null.</summary>
    /// <param name="file">Relative to <paramref name="folder"/>.</param>
    public static byte[]? Show(string folder, string revision, string file) => Run(folder, "show", $"{revision}:./{file}");

    /// <summary>What git prints, or null if it fails.</summary>
    public static byte[]? Run(string folder, params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            git.BeginErrorReadLine();
            using var output = new MemoryStream();
            git.StandardOutput.BaseStream.CopyTo(output);
            git.WaitForExit();
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
