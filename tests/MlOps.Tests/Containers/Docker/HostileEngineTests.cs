using System.Net.Sockets;
using System.Text;
using MlOps.Containers;
using MlOps.Containers.Docker;

namespace MlOps.Tests.Containers.Docker;

/// <summary>What no good engine does, and engines that are not there.</summary>
public sealed class HostileEngineTests : IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", Chunked = Ok + "Transfer-Encoding: chunked\r\n\r\n";

    private static readonly Dictionary<string, Func<DockerClient, Task>> Calls = new()
    {
        ["inspect"] = client => client.InspectContainerAsync("bike", default),
        ["list"] = client => client.ListContainersAsync([], default),
        ["remove"] = client => client.RemoveContainerAsync("bike", false, false, default),
        ["wait"] = client => client.WaitAsync("bike", default),
        ["image"] = client => client.InspectImageAsync("city/bike:1", default),
        ["pull"] = client => client.PullAsync(Reference.Parse("registry.example.org/city/bike:1"), default),
        ["stats"] = client => client.StatsAsync("bike", default),
        ["logs"] = async client =>
        {
            await foreach (var _ in client.LogsAsync("bike", new(), default))
            {
            }
        },
        ["events"] = async client =>
        {
            await foreach (var _ in client.EventsAsync(new(), default))
            {
            }
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-hostile-").FullName;
    private readonly List<DockerClient> _clients = [];

    [Theory]
    [InlineData("inspect", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<garbage>", "MLO8147", "no JSON of that kind")]
    [InlineData("inspect", "SSH-2.0-OpenSSH_9.2\r\n", "MLO8146", "the connection broke")]
    [InlineData("inspect", "", "MLO8146", "the connection broke")]
    [InlineData("inspect", Ok + "Content-Length: 100\r\n\r\n{\"Id\":", "MLO8146", "the connection broke")]
    [InlineData("inspect", Chunked + "7\r\n{\"Id\":\"\r\n", "MLO8146", "the connection broke")]
    [InlineData("inspect", Chunked + "zz\r\n", "MLO8146", "the connection broke")]
    [InlineData("inspect", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nNot Found", "MLO8147", "does not know this call")]
    [InlineData("remove", "HTTP/1.1 404 Not Found\r\nContent-Length: 28\r\n\r\n{\"message\":\"page not found\"}", "MLO8147", "does not know this call")]
    [InlineData("inspect", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "MLO8147", "status 302")]
    [InlineData("inspect", "HTTP/1.1 500 No\r\n\r\n{\"message\":\"out of \\u001b[31minodes\"}", "MLO8150", "status 500: out of ?[31minodes")]
    [InlineData("inspect", "HTTP/1.1 400 No\r\n\r\n{\"message\":\"client is too old, no\"}", "MLO8149", "status 400: client is too old")]
    [InlineData("list", Ok + "Content-Length: 6\r\n\r\n{\"a\":1", "MLO8147", "no JSON of that kind")]
    [InlineData("wait", Ok + "Content-Length: 2\r\n\r\n{}", "MLO8147", "no exit code")]
    [InlineData("wait", Ok + "\r\n{\"StatusCode\":125,\"Error\":{\"Message\":\"it broke\"}}", "MLO8152", "it broke")]
    [InlineData("image", Ok + "Content-Length: 12\r\n\r\n{\"Id\":\"abc\"}", "MLO8147", "no ID of the image")]
    [InlineData("pull", Ok + "\r\n{\"status\":\"Pulling\"}\r\n{\"errorDetail\":{\"message\":\"no space left\"},\"error\":\"no space left\"}\r\n{\"status\":\"Done\"}", "MLO8152", "no space left")]
    [InlineData("pull", Ok + "\r\n{\"status\":\"Pulling\"}\r\n{\"error\":\"half a word", "MLO8147", "a line of its answer")]
    [InlineData("pull", Chunked + "14\r\n{\"status\":\"Pulling\"}\r\n", "MLO8146", "the connection broke")]
    [InlineData("stats", Ok + "Content-Length: 24\r\n\r\n{\"read\":[[[[[[[[]]]]]]]]}", "MLO8147", "no JSON of that kind")]
    [InlineData("logs", Ok + "\r\nplain text, because of a terminal\r\n", "MLO8147", "has no frames")]
    [InlineData("logs", Ok + "\r\n\u0001\0\0\0\0\0\0\u0009short", "MLO8146", "ends in the middle")]
    [InlineData("logs", Ok + "\r\n\u0001\0\0\0", "MLO8146", "ends in the middle")]
    [InlineData("logs", Chunked + "d\r\n\u0001\0\0\0\0\0\0\u0005hello\r\n", "MLO8146", "the connection broke")]
    [InlineData("events", Ok + "\r\n{\"Type\":\"container\"}\n{\"Type\":7}\n", "MLO8147", "a line of its answer")]
    public async Task An_answer_that_is_wrong_is_told_as_such(string call, string answer, string code, string reason)
    {
        await using var engine = HostileEngine.Saying(answer);
        var diagnostic = await DockerImageTests.FailsAsync(code, () => Calls[call](Client(engine.Path)));
        Assert.Equal($"unix://{engine.Path}", diagnostic.Where);
        Assert.Contains(reason, diagnostic.Why, StringComparison.Ordinal);
        Assert.DoesNotContain(diagnostic.ToString(), c => char.IsControl(c) && c != '\n');
    }

    [Theory]
    [InlineData("inspect", "")]
    [InlineData("inspect", Ok)]
    [InlineData("inspect", Ok + "Content-Length: 9\r\n\r\n{")]
    [InlineData("pull", Chunked + "14\r\n{\"status\":\"Pulling\"}\r\n")]
    [InlineData("logs", Chunked + "d\r\n\u0001\0\0\0\0\0\0\u0005hello\r\n")]
    [InlineData("events", "")]
    public async Task An_engine_that_keeps_still_is_not_waited_for_without_end(string call, string answer)
    {
        await using var engine = HostileEngine.Stalling(answer);
        using var client = new DockerClient(Options(engine.Path) with { StallTimeout = TimeSpan.FromMilliseconds(300), UnpackTimeout = TimeSpan.Zero });
        await DockerImageTests.FailsAsync("MLO8145", () => Calls[call](client));
    }

    [Theory]
    [InlineData("events", '{')]
    [InlineData("pull", '{')]
    [InlineData("inspect", '[')]
    [InlineData("list", ' ')]
    public async Task An_answer_without_end_is_not_kept(string call, char letter)
    {
        var endless = new string(letter, 1 << 16);
        var sent = 0L;
        await using var engine = new HostileEngine(async (stream, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Ok + "\r\n"), cancellationToken);
            for (; ; sent += endless.Length)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(endless), cancellationToken);
            }
        });
        var diagnostic = await DockerImageTests.FailsAsync("MLO8147", () => Calls[call](Client(engine.Path)));
        Assert.Contains("longer than", diagnostic.Why, StringComparison.Ordinal);
        Assert.InRange(Interlocked.Read(ref sent), 0, 32 << 20);
    }

    [Fact]
    public async Task A_line_of_a_log_without_end_comes_in_parts()
    {
        await using var engine = HostileEngine.Saying(Ok + "\r\n\u0001\0\0\0\0\u0010\0\0" + new string('x', 1 << 20));
        using var client = new DockerClient(Options(engine.Path));
        var lengths = new List<int>();
        await foreach (var line in client.LogsAsync("bike", new(), default))
        {
            lengths.Add(line.Text.Length);
        }

        Assert.Equal(Enumerable.Repeat(64 * 1024, 16), lengths);
    }

    [Theory]
    [InlineData("1.39", "MLO8144", "speaks API 1.39")]
    [InlineData("one", "MLO8147", "Api-Version is 'one'")]
    [InlineData(null, "MLO8147", "tells no Api-Version")]
    public async Task A_version_that_cannot_be_spoken_is_refused(string? version, string code, string reason)
    {
        var header = version is null ? "" : $"Api-Version: {version}\r\n";
        await using var engine = new HostileEngine((_, _) => Task.CompletedTask, $"HTTP/1.1 200 OK\r\n{header}Content-Length: 2\r\n\r\nOK");
        Assert.Contains(reason, (await DockerImageTests.FailsAsync(code, () => Client(engine.Path).PingAsync(default))).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.40", "1.40")]
    [InlineData("1.43", "1.43")]
    [InlineData("1.52", "1.44")]
    public async Task The_newest_version_that_both_know_is_spoken(string server, string spoken)
    {
        await using var engine = new HostileEngine(
            (stream, _) => stream.WriteAsync(Encoding.Latin1.GetBytes(Ok + "Content-Length: 2\r\n\r\n[]"), default).AsTask(), $"HTTP/1.1 200 OK\r\nApi-Version: {server}\r\nContent-Length: 2\r\n\r\nOK");
        using var client = new DockerClient(Options(engine.Path));
        Assert.Empty(await client.ListContainersAsync([], default));
        Assert.Equal($"GET /v{spoken}/containers/json?all=true HTTP/1.1", Assert.Single(engine.Asked));
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_told_as_such()
    {
        await DockerImageTests.FailsAsync("MLO8141", () => Client(Path.Join(_folder, "absent.sock")).PingAsync(default));

        var left = Path.Join(_folder, "left.sock");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(left));
        }

        await File.WriteAllTextAsync(Path.Join(_folder, "file"), "");
        await DockerImageTests.FailsAsync("MLO8141", () => Client(left).PingAsync(default));
        await DockerImageTests.FailsAsync("MLO8141", () => Client(Path.Join(_folder, "file")).PingAsync(default));
        using var client = new DockerClient(new() { Endpoint = DockerEndpoint.Parse($"tcp://127.0.0.1:{Ports.Free()}") });
        Assert.Equal("no engine listens there", (await DockerImageTests.FailsAsync("MLO8141", () => client.PingAsync(default))).Why);
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private static DockerOptions Options(string socket) => new() { Endpoint = DockerEndpoint.Parse($"unix://{socket}"), Credentials = CredentialStore.None };

    private DockerClient Client(string socket)
    {
        _clients.Add(new(Options(socket)));
        return _clients[^1];
    }
}
