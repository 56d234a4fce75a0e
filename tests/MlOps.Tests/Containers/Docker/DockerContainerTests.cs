using System.Net;
using System.Net.Http;
using MlOps.Containers.Docker;
using MlOps.Content;

namespace MlOps.Tests.Containers.Docker;

/// <summary>Containers of a real engine.</summary>
[Collection(DockerEngine.Collection)]
public sealed class DockerContainerTests(DockerEngine engine) : IAsyncLifetime
{
    private static readonly HealthCheck Serves = new() { Command = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"], Interval = TimeSpan.FromMilliseconds(100), Retries = 1 };

    private readonly List<string> _made = [];

    public async Task InitializeAsync()
    {
        if (engine.Missing is null && File.Exists("/bin/busybox"))
        {
            await engine.Require().LoadAsync(Image().ToArchive(), default);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var id in _made)
        {
            await Client.RemoveContainerAsync(id, force: true, volumes: true, default);
        }
    }

    [SkippableFact]
    public async Task A_container_is_made_as_declared_served_and_found_healthy()
    {
        var id = await RunAsync(new()
        {
            Image = Image().Name,
            Name = "city-bike",
            Labels = new Dictionary<string, string> { ["org.example.model"] = "bike", ["org.example.slot"] = "blue" },
            Command = ["httpd", "-f", "-p", "8080", "-h", "/www"],
            Tmpfs = [new("/scratch", 1 << 20)],
            Ports = [new(8080)],
            Health = Serves,
            Restart = RestartPolicy.OnFailure,
            MemoryBytes = 64 << 20,
            Processors = 0.5,
        });
        await foreach (var _ in Client.EventsAsync(new() { Containers = [id], Actions = ["health_status"], Since = DateTimeOffset.UnixEpoch }, default))
        {
            break;
        }

        var details = (await Client.InspectContainerAsync("city-bike", default))!;
        Assert.Equal((id, "city-bike", Image().Name, Image().Id), (details.Id, details.Name, details.Image, details.ImageId!.Value));
        Assert.Equal((ContainerStatus.Running, HealthStatus.Healthy, 0, 0), (details.Status, details.Health, details.ExitCode, details.RestartCount));
        Assert.Equal(("bike", "city"), (details.Labels["org.example.model"], details.Labels["org.example.marker"]));
        Assert.True(details.StartedAt > details.FinishedAt.GetValueOrDefault());
        Assert.Null(details.FinishedAt);
        Assert.NotNull(Assert.Single(details.Networks).Value);

        var published = Assert.Single(details.Ports[8080]);
        Assert.Equal(IPAddress.Loopback, published.Address);
        using var http = new HttpClient();
        Assert.Equal("city", await http.GetStringAsync(new Uri($"http://{published}/")));

        var stats = (await Client.StatsAsync(id, default))!;
        Assert.Equal(64 << 20, stats.MemoryLimitBytes);
        Assert.InRange(stats.MemoryBytes, 1, 64 << 20);
        Assert.InRange(stats.Processes, 1, 100);
        Assert.InRange(stats.ReceivedBytes, 1, long.MaxValue);
        Assert.True(stats.ProcessorTime > TimeSpan.Zero);
        Assert.InRange((await Client.StatsAsync(id, default))!.ProcessorsSince(stats), 0, 8);

        var listed = Assert.Single(await Client.ListContainersAsync(["org.example.model=bike", "org.example.slot"], default));
        Assert.Equal((id, "city-bike", Image().Name, ContainerStatus.Running), (listed.Id, listed.Name, listed.Image, listed.Status));
        Assert.Empty(await Client.ListContainersAsync(["org.example.model=bike", "org.example.slot=green"], default));

        await Client.RenameAsync(id, "city-bike-old", default);
        Assert.Null(await Client.InspectContainerAsync("city-bike", default));
        Assert.Equal(id, (await Client.InspectContainerAsync("city-bike-old", default))!.Id);
    }

    [SkippableFact]
    public async Task A_container_has_few_rights()
    {
        var id = await RunAsync(Shell("cat /proc/self/status; touch /file; echo > /scratch/file && echo tmpfs; echo > /volume/file && echo volume; touch /www/file; echo $GREETING; id -u") with
        {
            Environment = new Dictionary<string, string> { ["GREETING"] = "a=b c" },
            Tmpfs = [new("/scratch")],
            Mounts = [new ContainerMount.Volume(null, "/volume"), new ContainerMount.Bind(AppContext.BaseDirectory, "/www")],
            User = "0",
        });
        Assert.Equal(0, await Client.WaitAsync(id, default));
        var (output, errors) = await LogAsync(id, new());
        Assert.Contains("CapEff:\t0000000000000000", output);
        Assert.Contains("CapBnd:\t0000000000000000", output);
        Assert.Contains("NoNewPrivs:\t1", output);
        Assert.Equal(["tmpfs", "volume", "a=b c", "0"], output[^4..]);
        Assert.Equal(["touch: /file: Read-only file system", "touch: /www/file: Read-only file system"], errors);
    }

    [SkippableFact]
    public async Task Rights_are_given_where_asked_for()
    {
        var id = await RunAsync(Shell("cat /proc/self/status; touch /file && echo written; id -u") with { Capabilities = ["NET_BIND_SERVICE"], MayGainPrivileges = true, IsReadOnly = false, User = "0:0" });
        Assert.Equal(0, await Client.WaitAsync(id, default));
        var (output, _) = await LogAsync(id, new());
        Assert.Contains("CapEff:\t0000000000000400", output);
        Assert.Contains("NoNewPrivs:\t0", output);
        Assert.Equal(["written", "0"], output[^2..]);
    }

    [SkippableFact]
    public async Task The_log_keeps_output_and_errors_apart()
    {
        var id = await RunAsync(Shell("echo one; echo two >&2; head -c 100000 /dev/zero; echo; echo -n three"));
        await Client.WaitAsync(id, default);
        var (output, errors) = await LogAsync(id, new());
        Assert.Equal(["two"], errors);
        Assert.Equal(("one", "three", new string('\0', 100_000)), (output[0], output[^1], string.Concat(output[1..^1])));
        Assert.All(output, line => Assert.InRange(line.Length, 0, 64 * 1024));
        Assert.Equal(["three"], (await LogAsync(id, new() { Tail = 1 })).Output);
        var end = (await Client.InspectContainerAsync(id, default))!.FinishedAt!.Value;
        Assert.Equal(([], []), await LogAsync(id, new() { Since = end.AddSeconds(1) }));
        Assert.Equal(output, (await LogAsync(id, new() { Since = end.AddDays(-1) })).Output);
    }

    [SkippableFact]
    public async Task The_log_is_followed_until_the_process_ends()
    {
        var id = await RunAsync(Shell("echo first; read -r line </dev/null; while [ ! -e /scratch/go ]; do sleep 0.02; done; echo last; exit 3") with { Tmpfs = [new("/scratch")], Health = new() { Command = ["touch", "/scratch/go"], Interval = TimeSpan.FromMilliseconds(500) } });
        var (output, _) = await LogAsync(id, new() { Follow = true });
        Assert.Equal(["first", "last"], output);
        Assert.Equal(3, await Client.WaitAsync(id, default));
        Assert.Equal((ContainerStatus.Exited, 3), ((await Client.InspectContainerAsync(id, default))! is var ended ? (ended.Status, ended.ExitCode) : default));
    }

    [SkippableFact]
    public async Task Waiting_and_following_end_when_they_are_cancelled()
    {
        var id = await RunAsync(Shell("echo ready; sleep 1000"));
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var waiting = Client.WaitAsync(id, cancel.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var line in Client.LogsAsync(id, new() { Follow = true }, cancel.Token))
                {
                    Assert.Equal("ready", line.Text);
                    await cancel.CancelAsync();
                }
            });
            await waiting;
        });
    }

    [SkippableFact]
    public async Task A_container_is_stopped_killed_and_removed()
    {
        var id = await RunAsync(Shell("trap 'exit 7' TERM; while true; do sleep 0.02; done"));
        Assert.False(await Client.StartAsync(id, default));
        Assert.True(await Client.StopAsync(id, TimeSpan.FromSeconds(30), default));
        Assert.Equal(7, await Client.WaitAsync(id, default));
        Assert.False(await Client.StopAsync(id, TimeSpan.FromSeconds(30), default));
        Assert.Null(await Client.StatsAsync(id, default));

        Assert.True(await Client.StartAsync(id, default));
        await DockerImageTests.FailsAsync("MLO8148", () => Client.RemoveContainerAsync(id, force: false, volumes: false, default));
        await Client.KillAsync(id, "SIGKILL", default);
        Assert.Equal(137, await Client.WaitAsync(id, default));
        await DockerImageTests.FailsAsync("MLO8148", () => Client.KillAsync(id, "SIGKILL", default));
        Assert.True(await Client.RemoveContainerAsync(id, force: false, volumes: false, default));
        Assert.False(await Client.RemoveContainerAsync(id, force: false, volumes: false, default));
    }

    [SkippableFact]
    public async Task Memory_has_its_limit()
    {
        var id = await RunAsync(Shell("head -c 100000000 /dev/zero > /scratch/zeros") with { MemoryBytes = 16 << 20, Tmpfs = [new("/scratch")] });
        Assert.NotEqual(0, await Client.WaitAsync(id, default));
        Assert.True((await Client.InspectContainerAsync(id, default))!.IsOutOfMemory);
    }

    [SkippableFact]
    public async Task Events_tell_a_containers_life()
    {
        var created = await CreateAsync(Shell("exit 5") with { Labels = new Dictionary<string, string> { ["org.example.life"] = "short" } });
        await Client.StartAsync(created, default);
        await Client.WaitAsync(created, default);
        await Client.RemoveContainerAsync(created, force: true, volumes: false, default);
        var seen = new List<DockerEvent>();
        await foreach (var happened in Client.EventsAsync(new() { Types = ["container"], Labels = ["org.example.life=short"], Since = DateTimeOffset.UnixEpoch }, default))
        {
            seen.Add(happened);
            if (happened.Action == "destroy")
            {
                break;
            }
        }

        Assert.Equal(["create", "start", "die", "destroy"], seen.Select(happened => happened.Action));
        Assert.All(seen, happened => Assert.Equal((created, "container"), (happened.Id, happened.Type)));
        Assert.Equal("5", seen[2].Attributes["exitCode"]);
        Assert.Equal(seen.OrderBy(happened => happened.Time), seen);
    }

    [SkippableFact]
    public async Task What_is_not_there_is_an_answer_or_a_diagnostic()
    {
        Assert.Null(await Client.InspectContainerAsync("nobody", default));
        Assert.Null(await Client.StatsAsync("nobody", default));
        Assert.False(await Client.RemoveContainerAsync("nobody", force: true, volumes: true, default));
        var absent = await DockerImageTests.FailsAsync("MLO8151", () => Client.StartAsync("nobody", default));
        Assert.Equal("cannot start container nobody", absent.What);
        Assert.Contains("No such container: nobody", absent.Why, StringComparison.Ordinal);
        await DockerImageTests.FailsAsync("MLO8151", () => LogAsync("nobody", new()));
        await DockerImageTests.FailsAsync("MLO8151", () => Client.CreateContainerAsync(new() { Image = "city/nowhere:1" }, default));
    }

    [SkippableFact]
    public async Task What_cannot_be_done_is_said_in_the_engines_words()
    {
        var spec = Shell("sleep 1000") with { Name = "city-taken", Ports = [new(80)] };
        var port = (await Client.InspectContainerAsync(await RunAsync(spec), default))!.Ports[80].Single().Port;
        var taken = await DockerImageTests.FailsAsync("MLO8148", () => Client.CreateContainerAsync(spec, default));
        Assert.Contains("/city-taken", taken.Why, StringComparison.Ordinal);

        var second = await CreateAsync(spec with { Name = null, Ports = [new(80, port)] });
        var busy = await DockerImageTests.FailsAsync("MLO8150", () => Client.StartAsync(second, default));
        Assert.Contains("port is already allocated", busy.Why, StringComparison.Ordinal);

        var unknown = await CreateAsync(new() { Image = Image().Name, Command = ["no-such-program"] });
        Assert.Contains("no-such-program", (await DockerImageTests.FailsAsync("MLO8149", () => Client.StartAsync(unknown, default))).Why, StringComparison.Ordinal);
        await DockerImageTests.FailsAsync("MLO8149", () => Client.CreateContainerAsync(spec with { Name = "not a name" }, default));
        await DockerImageTests.FailsAsync("MLO8149", () => Client.CreateContainerAsync(spec with { Name = null, Mounts = [new ContainerMount.Bind("/no/such/folder", "/x")] }, default));
        await DockerImageTests.FailsAsync("MLO8153", () => Client.InspectContainerAsync("../images/json", default));
    }

    private DockerClient Client => engine.Require();

    private static BusyboxImage Image() => BusyboxImage.Require("city/box:1.0.0", "city");

    private static ContainerSpec Shell(string script) => new() { Image = "city/box:1.0.0", Command = ["sh", "-c", script], Health = HealthCheck.None };

    private async Task<string> CreateAsync(ContainerSpec spec)
    {
        _ = Image();
        var id = (await Client.CreateContainerAsync(spec, default)).Id;
        _made.Add(id);
        return id;
    }

    private async Task<string> RunAsync(ContainerSpec spec)
    {
        var id = await CreateAsync(spec);
        Assert.True(await Client.StartAsync(id, default));
        return id;
    }

    private async Task<(string[] Output, string[] Errors)> LogAsync(string container, LogOptions options)
    {
        var lines = new List<LogLine>();
        await foreach (var line in Client.LogsAsync(container, options, default))
        {
            lines.Add(line);
        }

        return ([.. lines.Where(line => line.Source == LogSource.Output).Select(line => line.Text)], [.. lines.Where(line => line.Source == LogSource.Error).Select(line => line.Text)]);
    }
}
