using System.Diagnostics;
using MlOps.Containers;
using MlOps.Containers.Docker;
using MlOps.Content;

namespace MlOps.Tests.Containers.Docker;

/// <summary>podman's compatible socket, as far as it goes.</summary>
public sealed class PodmanTests : IAsyncLifetime
{
    private Process? _process;

    [SkippableFact]
    public async Task Podmans_socket_serves_images_and_containers()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && DockerEngine.Exists("podman") && DockerEngine.Exists("runc"), "podman and runc are not installed, or we are not root (apt-get install podman runc)");
        using var client = await StartAsync();
        var image = BusyboxImage.Require("localhost/city/podman:1.0.0", "podman");
        Assert.Equal([image.Name], await client.LoadAsync(image.ToArchive(), default));
        await client.TagAsync(image.Name, "localhost/city/named", "2", default);
        var loaded = (await client.InspectImageAsync("localhost/city/named:2", default))!;
        Assert.Equal((image.Id, "podman"), (loaded.Id, loaded.Labels["org.example.marker"]));
        Assert.Equal([image.Layer.DiffId], loaded.DiffIds);

        var spec = new ContainerSpec { Image = image.Name, Name = "city-podman", Network = "none", Labels = new Dictionary<string, string> { ["org.example.slot"] = "blue" }, Command = ["sh", "-c", "echo one; echo two >&2; id -u; sleep 1; exit 4"] };
        var id = (await client.CreateContainerAsync(spec, default)).Id;
        Assert.True(await client.StartAsync(id, default));

        // However long the container takes.
        using (var hasty = new DockerClient(new() { Endpoint = client.Endpoint, Credentials = CredentialStore.None, StallTimeout = TimeSpan.FromMilliseconds(500) }))
        {
            Assert.Equal(4, await hasty.WaitAsync(id, default));
        }

        var details = (await client.InspectContainerAsync("city-podman", default))!;
        Assert.Equal((id, image.Id, ContainerStatus.Exited, 4), (details.Id, details.ImageId, details.Status, details.ExitCode));
        Assert.Equal(id, Assert.Single(await client.ListContainersAsync(["org.example.slot=blue"], default)).Id);

        var lines = new List<LogLine>();
        await foreach (var line in client.LogsAsync(id, new(), default))
        {
            lines.Add(line);
        }

        Assert.Equal([new(LogSource.Output, "one"), new(LogSource.Error, "two"), new(LogSource.Output, "65532")], lines.OrderBy(line => line.Text == "one" ? 0 : line.Text == "two" ? 1 : 2));
        Assert.True(await client.RemoveContainerAsync(id, force: true, volumes: true, default));
        Assert.False(await client.RemoveContainerAsync(id, force: true, volumes: true, default));
        Assert.Null(await client.InspectContainerAsync(id, default));
        Assert.True(await client.RemoveImageAsync(image.Id.ToString(), force: true, default));
        Assert.Null(await client.InspectImageAsync(image.Name, default));

        // Not "absent": podman has no such call.
        await DockerImageTests.FailsAsync("MLO8147", () => client.DistributionAsync(Reference.Parse("127.0.0.1:5000/city/podman:1"), default));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    // Its defaults are limits above those of this process, which not every machine lets us raise, and crun, which knows no control groups of both versions.
    // It ends when the pipe closes on which its shell waits: with this process at the latest.
    private async Task<DockerClient> StartAsync()
    {
        const string Script = """
            exec 3<&0 </dev/null
            export CONTAINERS_CONF="$1/containers.conf"
            printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$CONTAINERS_CONF"
            podman --root "$1/root" --runroot "$1/run" --tmpdir "$1/tmp" --storage-driver vfs system service --time 0 "unix://$1/podman.sock" >"$1/log" 2>&1 &
            service=$!
            { read -r end; kill $service; } 2>/dev/null <&3 &
            wait $service
            podman --root "$1/root" --runroot "$1/run" --tmpdir "$1/tmp" --storage-driver vfs rm --all --force >/dev/null
            rm -rf "$1"
            """;
        var folder = Directory.CreateTempSubdirectory("mlops-podman-").FullName;
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "podman", folder]) { RedirectStandardInput = true })!;
        var client = new DockerClient(new() { Endpoint = DockerEndpoint.Parse($"unix://{folder}/podman.sock"), Credentials = CredentialStore.None });
        while (true)
        {
            try
            {
                await client.PingAsync(default);
                return client;
            }
            catch (DiagnosticException) when (!_process.HasExited)
            {
                // Not yet: asked again until it answers or ends.
                await Task.Delay(20);
            }
        }
    }
}
