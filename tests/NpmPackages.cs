using System.ComponentModel;
using System.Diagnostics;
using MlOps.Content;

namespace MlOps.Tests;

/// <summary>npm packages that a folder of the tests pins by <c>package-lock.json</c>, installed once under <c>.artifacts</c>, and Node.js to run the folder's scripts with them.</summary>
/// <param name="folder">The folder with the pins and the scripts.</param>
/// <param name="name">The folder's name under <c>.artifacts</c>.</param>
internal sealed class NpmPackages(string folder, string name)
{
    private readonly Lazy<(string? Modules, string Reason)> _installation = new(() => Install(folder, name));

    /// <summary>Why they are not on this machine, or null.</summary>
    public string? Absent => _installation.Value.Modules is null ? _installation.Value.Reason : null;

    /// <summary>How to start one of the folder's scripts.</summary>
    /// <exception cref="InvalidOperationException">They are <see cref="Absent"/>.</exception>
    public ProcessStartInfo Script(string script, params string[] arguments) => new("node", [Path.Combine(folder, script), .. arguments])
    {
        WorkingDirectory = folder,
        Environment = { ["NODE_PATH"] = _installation.Value.Modules ?? throw new InvalidOperationException(_installation.Value.Reason) },
    };

    /// <summary>Runs a program to its end.</summary>
    public static (int Exit, string Error) Run(ProcessStartInfo start)
    {
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error.Trim());
    }

    // Installed aside and moved into place: two test processes may do so at once.
    private static (string? Modules, string Reason) Install(string folder, string name)
    {
        var pins = File.ReadAllBytes(Path.Combine(folder, "package-lock.json"));
        var artifacts = Directory.CreateDirectory(Path.Combine(RepositoryFolder.Root, ".artifacts", name)).FullName;
        var home = Path.Combine(artifacts, Digest.Of(pins).Hex[..16]);
        var modules = Path.Combine(home, "node_modules");
        try
        {
            if (Directory.Exists(modules))
            {
                return (modules, "");
            }

            var aside = Directory.CreateDirectory(Path.Combine(artifacts, $"install-{Environment.ProcessId}")).FullName;
            File.Copy(Path.Combine(folder, "package.json"), Path.Combine(aside, "package.json"), overwrite: true);
            File.WriteAllBytes(Path.Combine(aside, "package-lock.json"), pins);
            var (exit, error) = Run(new("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]) { WorkingDirectory = aside });
            if (exit == 0 && !Directory.Exists(home))
            {
                Directory.Move(aside, home);
            }
            else
            {
                Directory.Delete(aside, recursive: true);
            }

            return exit == 0 ? (modules, "") : (null, $"npm ci failed: {error}");
        }
        catch (IOException) when (Directory.Exists(modules))
        {
            return (modules, "");
        }
        catch (Win32Exception)
        {
            return (null, "node or npm is not installed");
        }
    }
}
