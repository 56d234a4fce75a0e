using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MlOps.Serving;
using MlOps.Serving.Http;

namespace MlOps.Tests.Serving;

public sealed class ServiceLifeTests
{
    [Fact]
    public async Task A_request_in_flight_is_finished_and_others_hear_that_the_service_is_not_ready()
    {
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()));
        using var slow = await ConnectionAsync(service);
        using var probe = await ConnectionAsync(service);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(probe, "GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        await SendAsync(slow, "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100", await ReceiveAsync(slow), StringComparison.Ordinal);

        service.Terminate();
        await RefusedAsync(service);
        var answer = await AskAsync(probe, "GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);

        answer = await AskAsync(slow, "{\"hour\": 8}");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        await service.Process.WaitForExitAsync();
        Assert.Equal(0, service.Process.ExitCode);
    }

    [Fact]
    public async Task Draining_under_load_loses_no_request_that_was_accepted()
    {
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()));
        using var warm = new CountdownEvent(8);
        var clients = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var connection = await ConnectionAsync(service);
            var since = Stopwatch.StartNew();
            for (var sent = 1; ; sent++)
            {
                var wasQuiet = true;
                string answer;
                try
                {
                    await SendAsync(connection, "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
                    wasQuiet = since.Elapsed > DrainOnStop.Quiet;
                    since.Restart();
                    answer = await ReceiveAsync(connection);
                }
                catch (Exception lost) when (lost is SocketException or Xunit.Sdk.XunitException && wasQuiet && sent > 20)
                {
                    // A busy machine kept this client from sending for so long that its connection counted as idle.
                    return sent;
                }

                Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
                if (sent == 20)
                {
                    warm.Signal();
                }

                if (answer.Contains("Connection: close", StringComparison.Ordinal))
                {
                    return sent;
                }
            }
        })).ToList();
        await Task.Run(warm.Wait);
        service.Terminate();
        Assert.All(await Task.WhenAll(clients), sent => Assert.True(sent >= 20));
        await service.Process.WaitForExitAsync();
        Assert.Equal(0, service.Process.ExitCode);
    }

    [Fact]
    public async Task A_port_in_use_is_a_diagnostic()
    {
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var (exit, output) = await RunningService.RunToEndAsync(folder => Config(folder, ((IPEndPoint)stranger.LocalEndpoint).Port));
        Assert.Equal(1, exit);
        Assert.Contains("MLO7020", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_bytes_than_the_digest_names_are_refused()
    {
        var (exit, output) = await RunningService.RunToEndAsync(folder =>
        {
            var config = Config(folder, 0);
            folder.Write("bikes.onnx", TestModels.Bikes(offset: 1));
            return config;
        });
        Assert.Equal(1, exit);
        Assert.Contains("MLO7023", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n \"url\": \"http://127.0.0.1:0\",\n \"modles\": []\n}", "service.json:3")]
    [InlineData("{ \"url\": \"http://127.0.0.1:0\", \"models\": [] }", "models is empty")]
    [InlineData("{ \"url\": \"ftp://127.0.0.1:0\", \"models\": [ { \"name\": \"a\", \"path\": \"a\", \"digest\": \"a\" } ] }", "is not http")]
    [InlineData("{ \"url\": \"http://127.0.0.1:0\", \"url\": \"http://127.0.0.1:0\", \"models\": [] }", "MLO7021")]
    [InlineData("{ \"url\": \"http://127.0.0.1:0\", \"models\": [ { \"name\": \"a\", \"path\": \"a\", \"digest\": \"a\" } ] }", "'a' is not a sha256")]
    [InlineData("nonsense", "service.json:1")]
    public async Task A_wrong_configuration_is_a_diagnostic(string config, string message)
    {
        var (exit, output) = await RunningService.RunToEndAsync(_ => config);
        Assert.Equal(1, exit);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData(", \"graceSeconds\": 3", 3)]
    public void The_grace_period_is_ten_seconds_unless_said_otherwise(string member, int seconds)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["service.json"], Config(folder, 0).TrimEnd()[..^1] + member + "}");
        Assert.Equal(TimeSpan.FromSeconds(seconds), ServiceConfig.Load(folder["service.json"]).Grace);
    }

    private static string Config(TemporaryFolder folder, int port)
    {
        var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
        return $$"""{ "url": "http://127.0.0.1:{{port}}", "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
    }

    private static async Task<Socket> ConnectionAsync(RunningService service)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, service.Url.Port);
        return socket;
    }

    /// <summary>Waits until the service takes no new connection, the sign that it drains.</summary>
    private static async Task RefusedAsync(RunningService service)
    {
        while (true)
        {
            try
            {
                using var socket = await ConnectionAsync(service);
                await Task.Yield();
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    private static async Task<string> AskAsync(Socket socket, string text)
    {
        await SendAsync(socket, text);
        return await ReceiveAsync(socket);
    }

    /// <summary>One answer: small ones come in one segment, or with the body in a second.</summary>
    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var text = new StringBuilder();
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer);
            Assert.True(count > 0, $"the connection ended after: {text}");
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            var answer = text.ToString();
            var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && answer.Length - head - 4 >= Length(answer))
            {
                return answer;
            }
        }
    }

    private static int Length(string answer) => answer.Split("Content-Length: ") is [_, var rest] ? int.Parse(rest.Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
