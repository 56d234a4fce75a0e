using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MlOps.Containers.Docker;
using MlOps.Content;

namespace MlOps.Tests;

/// <summary>A real Docker Engine for a run of tests: one of its own where <c>dockerd</c> is installed and we are root, else the one that <c>DOCKER_HOST</c> names.</summary>
/// <remarks>Its own engine shares nothing with another on this machine: folder, socket, bridge and addresses are its own, and the firewall stays as it is (published ports go through docker-proxy).
/// It ends, with its containers, when the tests' process does, however that ends: then the pipe closes on which its shell waits.</remarks>
#pragma warning disable CA1001 // xunit disposes of it by IAsyncLifetime.
public sealed class DockerEngine : IAsyncLifetime
#pragma warning restore CA1001
{
    /// <summary>The name of the collection of tests that share it.</summary>
    public const string Collection = "docker engine";

    private const string Script = """
        n=0
        until ip link add mlops$n type bridge 2>/dev/null; do n=$((n+1)); [ $n -lt 250 ] || { echo "no bridge can be made" >"$1/log"; exit 1; }; done
        ip addr add 10.213.$n.1/24 dev mlops$n && ip link set mlops$n up
        echo '{}' >"$1/daemon.json"
        dockerd --config-file "$1/daemon.json" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/docker.sock" --host "tcp://$2" \
          --tlsverify --tlscacert "$1/tls/ca.pem" --tlscert "$1/tls/server.pem" --tlskey "$1/tls/server-key.pem" \
          --bridge mlops$n --iptables=false --ip6tables=false --userland-proxy=true --shutdown-timeout 1 </dev/null >"$1/log" 2>&1 &
        engine=$!
        { read -r end; kill $engine; } 2>/dev/null <&3 &
        watcher=$!
        wait $engine
        kill $watcher 2>/dev/null
        ip link del mlops$n
        [ ! -e "$1/ready" ] || rm -rf "$1"
        """;

    private string? _folder;
    private Process? _process;
    private DockerClient? _client;

    /// <summary>Why there is no engine; null if there is.</summary>
    public string? Missing { get; private set; }

    /// <summary>Its address, as <c>DOCKER_HOST</c> names it.</summary>
    public string Host { get; private set; } = "";

    /// <summary>Where it listens with certificates, and their folder; null if it is not our own.</summary>
    public (string Host, string Certificates)? Secured { get; private set; }

    /// <summary>A client of it, or the skip of the running test with the reason shown.</summary>
    public DockerClient Require()
    {
        Skip.If(Missing is not null, Missing);
        return _client!;
    }

    /// <summary>Whether a program is installed.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Join(folder, program)));

    public async Task InitializeAsync()
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Exists("dockerd") && Exists("ip"))
        {
            for (var tries = 0; tries < 3 && !await StartAsync(); tries++)
            {
                // Somebody else may have taken the port meanwhile.
            }
        }
        else
        {
            await FindAsync();
        }
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private async Task FindAsync()
    {
        const string Advice = "dockerd is not installed or we are not root (apt-get install docker.io iproute2)";
        try
        {
            _client = new();
            await _client.PingAsync(default);
            Host = _client.Endpoint.ToString();
        }
        catch (DiagnosticException e)
        {
            Missing = $"{Advice}, and: {e.Diagnostics[0].What}: {e.Diagnostics[0].Why}";
        }
    }

    private async Task<bool> StartAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-engine-").FullName;
        var tcp = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Ports.Free()}");
        WriteCertificates(Directory.CreateDirectory(Path.Join(_folder, "tls")).FullName);
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec 3<&0 </dev/null\n{Script}", "engine", _folder, tcp]) { RedirectStandardInput = true })!;
        _client?.Dispose();
        _client = new(new() { Endpoint = DockerEndpoint.Parse($"unix://{_folder}/docker.sock"), Credentials = MlOps.Containers.CredentialStore.None });
        while (!_process.HasExited)
        {
            try
            {
                await _client.PingAsync(default);
                await File.WriteAllTextAsync(Path.Join(_folder, "ready"), "");
                (Host, Secured, Missing) = (_client.Endpoint.ToString(), ($"tcp://{tcp}", Path.Join(_folder, "tls")), null);
                return true;
            }
            catch (DiagnosticException)
            {
                // Not yet: asked again until it answers or ends.
                await Task.Delay(20);
            }
        }

        Missing = $"dockerd does not start: {(await File.ReadAllLinesAsync(Path.Join(_folder, "log"))).LastOrDefault()}";
        Directory.Delete(_folder, recursive: true);
        return false;
    }

    private static void WriteCertificates(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (from, to) = (now.AddHours(-1), now.AddDays(1));
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=engine tests", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = caRequest.CreateSelfSigned(from, to);
        File.WriteAllText(Path.Join(folder, "ca.pem"), ca.ExportCertificatePem());
        Write("server", "server-key", 1, "1.3.6.1.5.5.7.3.1");
        Write("cert", "key", 2, "1.3.6.1.5.5.7.3.2");

        void Write(string name, string keyName, byte serial, string usage)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(usage)], false));
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(ca, from, to, [serial]);
            File.WriteAllText(Path.Join(folder, $"{name}.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Join(folder, $"{keyName}.pem"), key.ExportPkcs8PrivateKeyPem());
        }
    }
}

/// <summary>The tests that share one engine; they run one after another.</summary>
[CollectionDefinition(DockerEngine.Collection)]
public sealed class DockerEngineTests : ICollectionFixture<DockerEngine>;
