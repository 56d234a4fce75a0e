using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>How a command ended.</summary>
internal sealed record Ran(int Exit, string Output, string Errors)
{
    public JsonNode Json => JsonNode.Parse(Output)!;

    public Ran Expect(int exit)
    {
        Assert.True(exit == Exit, $"exit {Exit}, not {exit}\n{Output}\n{Errors}");
        return this;
    }
}

/// <summary>A workspace in a folder of its own under the temporary folder, on which the real host is run through build.sh.</summary>
internal sealed class Workspace : IDisposable
{
    private static int _number;

    public Workspace()
    {
        Root = Path.Combine(Path.GetTempPath(), $"mlops-e2e-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}");
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    public string Lock => File.ReadAllText(At("data.lock.json"));

    public string At(string path) => Path.Combine(Root, path);

    /// <summary>A copy of the samples as git has them, with the committed lock.</summary>
    public static Workspace OfSamples(bool withLock = true)
    {
        var workspace = new Workspace();
        foreach (var file in withLock ? new[] { "nuke.json", "data.lock.json" } : ["nuke.json"])
        {
            File.Copy(Path.Combine(RepositoryFolder.Root, file), workspace.At(file));
        }

        CopyFolder(Path.Combine(RepositoryFolder.Root, "models"), workspace.At("models"));
        return workspace;
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    public void Replace(string path, string old, string with)
    {
        var text = File.ReadAllText(At(path));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(At(path), text.Replace(old, with, StringComparison.Ordinal));
    }

    /// <summary>Runs <c>build.sh</c> here; environment variables are given as NAME=value.</summary>
    public Ran Run(string arguments, params string[] environment) => Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), environment);

    public Ran Run(IEnumerable<string> arguments, params string[] environment) =>
        Start("sh", [Path.Combine(RepositoryFolder.Root, "build.sh"), .. arguments], environment);

    /// <summary>Runs <c>build.sh</c> here and ends it by SIGKILL after a while, unless it was quicker; what it started lives on, as after any kill.</summary>
    public void Kill(string arguments, TimeSpan after)
    {
        var time = Stopwatch.StartNew();
        During(arguments, () => time.Elapsed >= after, process => process.Kill());
    }

    /// <summary>Runs <c>build.sh</c> here and does something to it, or to what it needs, as soon as something is so, unless it was quicker.</summary>
    public Ran During(string arguments, Func<bool> when, Action<Process> then)
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(RepositoryFolder.Root, "build.sh"), .. arguments.Split(' ')]) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(1)))
        {
            if (when())
            {
                // build.sh has replaced itself by the host, or has not started it yet.
                then(process);
                break;
            }
        }

        process.WaitForExit();
        return new(process.ExitCode, output.ToString(), errors.ToString());
    }

    /// <summary>How many files there are below a folder, which may not be there yet.</summary>
    public int CountFiles(string folder) => Directory.Exists(At(folder)) ? Directory.GetFiles(At(folder), "*", SearchOption.AllDirectories).Length : 0;

    public Ran Start(string program, IEnumerable<string> arguments, params string[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var variable in environment)
        {
            var at = variable.IndexOf('=', StringComparison.Ordinal);
            start.Environment[variable[..at]] = variable[(at + 1)..];
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.ToString());
    }

    public void Git(params string[] arguments) =>
        Start("git", ["-c", "user.name=tests", "-c", "user.email=tests@example.org", .. arguments]).Expect(0);

    public static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(At(".mlops/run")))
        {
            Run("Stop");
        }

        Directory.Delete(Root, recursive: true);
    }
}
