using System.Runtime.InteropServices;
using System.Text;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Watches which files a program and all that it starts open, and keeps those of the workspace that its step does not declare.</summary>
/// <remarks>By ptrace(2), so static programs are watched as well. What counts is the file that the kernel opened, read from /proc after the call: neither links nor <c>..</c> hide one.
/// Folders may be listed, and what is opened through io_uring is not seen.</remarks>
internal sealed unsafe partial class ReadWatch(string root, string sandbox, Func<string, bool> isDeclared)
{
    private readonly string _root = RealPath(root) + "/";
    private readonly string _sandbox = RealPath(sandbox) + "/";
    private readonly SortedSet<string> _undeclared = new(StringComparer.Ordinal);

    /// <summary>The undeclared files that were opened, relative to the workspace.</summary>
    public IReadOnlyCollection<string> Undeclared => _undeclared;

    /// <summary>The watch over a step's programs.</summary>
    public static ReadWatch Of(Step step, string root, string sandbox)
    {
        var declared = step.Inputs.Values.OfType<FileInput>().Select(file => file.Path).Concat(step.Tools?.Files.Values ?? []).ToArray();
        var globs = step.Inputs.Values.OfType<GlobInput>().ToArray();
        return new(root, sandbox, path => WorkspacePath.TryParse(path, out var opened)
            && (declared.Any(known => known == opened || path.StartsWith(known.Value + "/", StringComparison.Ordinal))
                || globs.Any(glob => path.StartsWith(glob.Folder, StringComparison.Ordinal) && new GlobPattern(glob.Pattern).Matches(path[glob.Folder.Length..].TrimStart('/')))));
    }

    public static Content.DiagnosticException NotPermitted(int error) => new(new Diagnostic("MLO3049", "what programs read cannot be watched here")
    {
        Why = OperatingSystem.IsLinux() ? $"ptrace: {Marshal.GetPInvokeErrorMessage(error)}" : "it needs Linux's ptrace",
        Mend = "run without --verify-reads, or where processes may be traced (in a container: --cap-add=SYS_PTRACE)",
    });

    private void Opened(string link)
    {
        const string deleted = " (deleted)";
        // What /proc says of anything but a file of a file system ("pipe:[1]", "/dev/null") is no file of the workspace.
        if (new FileInfo(link).LinkTarget is not { } path || !path.StartsWith(_root, StringComparison.Ordinal) || path.StartsWith(_sandbox, StringComparison.Ordinal))
        {
            return;
        }

        var below = path.EndsWith(deleted, StringComparison.Ordinal) ? path[_root.Length..^deleted.Length] : path[_root.Length..];
        if (FileStat.Of(link).Kind == FileKind.File && !isDeclared(below))
        {
            _undeclared.Add(below);
        }
    }

    private static string RealPath(string path)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var resolved = realpath(p, null);
            if (resolved is null)
            {
                return path;
            }

            var text = Marshal.PtrToStringUTF8((nint)resolved)!;
            NativeMemory.Free(resolved);
            return text;
        }
    }

    [LibraryImport("libc")]
    private static partial byte* realpath(byte* path, byte* resolved);
}
