using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MlOps.Tests.Serving;

/// <summary>What is over a limit is refused with a reason, and all others are answered.</summary>
public sealed class LimitsTests
{
    private static Task<RunningService> StartAsync(string limits) => RunningService.StartAsync(folder =>
    {
        var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
        return $$"""{ "url": "http://127.0.0.1:0", "limits": { {{limits}} }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
    });

    [Fact]
    public async Task A_body_may_be_as_long_as_configured()
    {
        await using var service = await StartAsync("\"bodyBytes\": 1000");
        var row = """{"hour": "8"}""";
        Assert.Equal(200, (await service.PostAsync("/score/bikes", row.PadRight(1000))).Status);
        Assert.Equal(413, (await service.PostAsync("/score/bikes", row.PadRight(1001))).Status);
    }

    [Fact]
    public async Task One_that_comes_too_slowly_is_given_up_and_disturbs_nobody()
    {
        await using var service = await StartAsync("\"bodySeconds\": 1, \"requests\": 1, \"waiting\": 0");
        using var slow = await SendAsync(service, "POST /score/bikes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        Assert.Equal(200, (await service.PostAsync("/score/bikes", "{}")).Status);
        Assert.StartsWith("HTTP/1.1 408 ", await AnswerAsync(slow), StringComparison.Ordinal);
        // Then the connection ends, one way or the other, and the log has no error of the server's for it.
        try
        {
            Assert.Equal(0, await slow.ReceiveAsync(new byte[1]));
        }
        catch (SocketException)
        {
            // Reset.
        }

        Assert.DoesNotContain("fail:", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_in_pieces_share_a_limit_of_memory_which_is_given_back()
    {
        await using var service = await StartAsync("\"bodyBytes\": 200000, \"heldBytes\": 400000, \"bodySeconds\": 20");
        var piece = new string(' ', 150_000);
        using var first = await SendAsync(service, Head(200_000) + piece);
        using var second = await SendAsync(service, Head(200_000) + piece);
        // Which of the two was over it depends on which came first.
        Task<string>[] answers = [AnswerAsync(first), AnswerAsync(second)];
        var refused = await Task.WhenAny(answers);
        var answer = await refused;
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 1", answer, StringComparison.Ordinal);

        // The connection of the one that was refused takes the rest of it, and then the next request.
        var over = refused == answers[0] ? first : second;
        await over.SendAsync(Encoding.ASCII.GetBytes(new string(' ', 50_000) + "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(over), StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", service.Output, StringComparison.Ordinal);
        first.Dispose();
        second.Dispose();
        for (var tries = 0; ; tries++)
        {
            // With the body only after the service asks for it, so that it comes in pieces for certain.
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/score/bikes", UriKind.Relative)) { Content = new StringContent("{}".PadRight(150_000), Encoding.UTF8, "application/json") };
            request.Headers.ExpectContinue = true;
            using var answered = await service.Http.SendAsync(request);
            if (answered.StatusCode == HttpStatusCode.OK)
            {
                break;
            }

            Assert.True(tries < 500, "the memory of callers who hung up is not given back");
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task Requests_beyond_those_that_may_wait_are_told_to_come_again()
    {
        await using var service = await StartAsync("\"requests\": 1, \"waiting\": 2");
        var rows = $"[{string.Join(',', Enumerable.Repeat("""{"hour": "8", "temperature": 12.5, "weekend": true, "at": "2024-01-31T12:00:00Z"}""", 10_000))}]";
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ =>
        {
            using var body = new StringContent(rows, Encoding.UTF8, "application/json");
            using var answer = await service.Http.PostAsync(new Uri("/score/bikes", UriKind.Relative), body);
            return (answer.StatusCode, Retry: answer.Headers.RetryAfter?.Delta);
        }));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]));
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer => Assert.Equal(TimeSpan.FromSeconds(1), answer.Retry));
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), 1, 23);
        Assert.Equal(200, (await service.PostAsync("/score/bikes", "{}")).Status);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_answered_and_closed()
    {
        await using var service = await StartAsync("\"connections\": 3");
        var held = new List<Socket>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                held.Add(await SendAsync(service, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
                Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(held[i]), StringComparison.Ordinal);
            }

            using var fourth = await SendAsync(service, "GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n");
            var refusal = await AnswerAsync(fourth);
            Assert.StartsWith("HTTP/1.1 503 ", refusal, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 1", refusal, StringComparison.Ordinal);
            Assert.Equal(0, await fourth.ReceiveAsync(new byte[1]));

            // Health is told beyond the limit as well.
            Assert.Equal((0, ""), HealthCheckTests.Run(service.Url.ToString(), "--health"));
            await held[0].SendAsync(Encoding.ASCII.GetBytes("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
            Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(held[0]), StringComparison.Ordinal);
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData("\"bodyBytes\": 0", "limits.bodyBytes is not within 1 and 1073741824")]
    [InlineData("\"bodyBytes\": 1000, \"heldBytes\": 1999", "limits.heldBytes is not at least 2000")]
    [InlineData("\"bodySeconds\": 3601", "limits.bodySeconds is not within 1 and 3600")]
    [InlineData("\"connections\": -1", "limits.connections is not within 1 and 100000")]
    [InlineData("\"requests\": 0", "limits.requests is not within 1 and 10000")]
    [InlineData("\"waiting\": -1", "limits.waiting is not within 0 and 100000")]
    [InlineData("\"waitSeconds\": 0", "limits.waitSeconds is not within 1 and 3600")]
    [InlineData("\"rows\": 5", "rows")]
    public async Task A_limit_that_cannot_be_ends_the_service(string limits, string reason)
    {
        var (exit, output) = await RunningService.RunToEndAsync(folder =>
        {
            var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
            return $$"""{ "url": "http://127.0.0.1:0", "limits": { {{limits}} }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
        });
        Assert.Equal(1, exit);
        Assert.Contains("MLO7021", output, StringComparison.Ordinal);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    private static string Head(int length) => string.Create(CultureInfo.InvariantCulture, $"POST /score/bikes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");

    private static async Task<Socket> SendAsync(RunningService service, string text)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, service.Url.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        return socket;
    }

    /// <summary>What comes first of an answer; nothing where the connection is closed under it.</summary>
    private static async Task<string> AnswerAsync(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
