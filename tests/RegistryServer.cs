using System.Diagnostics;
using System.Globalization;
using System.Net.Http;

namespace MlOps.Tests;

/// <summary>A real registry on the loopback: <c>docker-registry</c> with a storage folder of its own, ended by its id.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    /// <summary>A user that <see cref="WithPasswordAsync"/> lets in.</summary>
    public const string User = "somebody", Password = "right-5ecret";

    // The bcrypt hash of the password: what the registry reads.
    private const string PasswordLine = $"{User}:$2b$04$GaG.MEd6DwWzf0zfmcQl0u7qbeWmLmKXGab5nf/oPZlfsIBiS5lCu";

    private readonly string _folder;
    private Process? _process;

    private RegistryServer(string folder) => _folder = folder;

    /// <summary>The host and port.</summary>
    public string Registry { get; private set; } = "";

    /// <summary>What lies in its storage.</summary>
    public string Storage => Path.Join(_folder, "storage");

    /// <summary>Why there is no registry on this machine; null if there is.</summary>
    public static string? Missing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Join(folder, "docker-registry"))) ? null : "docker-registry is not installed (apt-get install docker-registry)";

    /// <summary>One that lets everybody in.</summary>
    public static Task<RegistryServer> StartAsync() => StartAsync("");

    /// <summary>One that wants user and password (Basic).</summary>
    public static async Task<RegistryServer> WithPasswordAsync()
    {
        var server = new RegistryServer(Directory.CreateTempSubdirectory("mlops-registry-").FullName);
        var passwords = Path.Join(server._folder, "htpasswd");
        await File.WriteAllTextAsync(passwords, PasswordLine);
        return await server.StartAtAsync($"auth:\n  htpasswd:\n    realm: test\n    path: {passwords}\n");
    }

    /// <summary>One with further settings, in its configuration's YAML.</summary>
    public static Task<RegistryServer> StartAsync(string settings) =>
        new RegistryServer(Directory.CreateTempSubdirectory("mlops-registry-").FullName).StartAtAsync(settings);

    private string Configuration => Path.Join(_folder, "config.yml");

    /// <summary>Ends it; its storage stays.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }

    /// <summary>Starts it again where it was.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        if (!await RunAsync())
        {
            throw new InvalidOperationException("docker-registry does not start again");
        }
    }

    /// <summary>Starts it again where it was, and from now on it only lets itself be read: it refuses whatever would write.</summary>
    public async Task RestartReadOnlyAsync()
    {
        var settings = await File.ReadAllTextAsync(Configuration);
        await File.WriteAllTextAsync(Configuration, settings.Replace("delete: { enabled: true }", "maintenance: { readonly: { enabled: true } }", StringComparison.Ordinal));
        await RestartAsync();
    }

    /// <summary>Removes what no manifest names, and manifests without a tag; it must be stopped.</summary>
    public async Task CollectGarbageAsync()
    {
        using var collect = Process.Start(new ProcessStartInfo("docker-registry", ["garbage-collect", "--delete-untagged", Configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (collect.StandardOutput.ReadToEndAsync(), collect.StandardError.ReadToEndAsync());
        await collect.WaitForExitAsync();
        if (collect.ExitCode != 0)
        {
            throw new InvalidOperationException(await output + await errors);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<RegistryServer> StartAtAsync(string settings)
    {
        for (var tries = 1; ; tries++)
        {
            Registry = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Ports.Free()}");
            await File.WriteAllTextAsync(Configuration, $$"""
                version: 0.1
                log: { level: error, accesslog: { disabled: true } }
                storage:
                  filesystem: { rootdirectory: {{Storage}} }
                  delete: { enabled: true }
                http: { addr: "{{Registry}}", secret: one }

                """ + settings);
            if (await RunAsync())
            {
                return this;
            }

            // Somebody else may have taken the port meanwhile.
            if (tries == 3)
            {
                throw new InvalidOperationException("docker-registry does not start");
            }
        }
    }

    private async Task<bool> RunAsync()
    {
        // Its output goes to files: nobody reads a pipe as long as it runs.
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec docker-registry serve '{Configuration}' >'{_folder}/log' 2>&1"]))!;
        using var client = new HttpClient();
        while (!_process.HasExited)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://{Registry}/v2/"));
                return !_process.HasExited;
            }
            catch (HttpRequestException)
            {
                // Not yet: asked again until it answers or ends.
                await Task.Delay(10);
            }
        }

        return false;
    }
}
