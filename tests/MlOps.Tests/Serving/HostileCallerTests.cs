using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace MlOps.Tests.Serving;

public sealed class HostileCallerTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Secret = "s3cret-8d1f";

    private readonly RunningService _service = shared.Service;

    public static TheoryData<string, string> Requests => new()
    {
        { "GET /v2/health/ready HTTP/1.0\r\n\r\n", "HTTP/1.1 200" },
        { "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200" },
        { "GET /v2/health/ready HTTP/1.1\r\n\r\n", "HTTP/1.1 400" },
        { Post("Transfer-Encoding: chunked", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), "HTTP/1.1 200" },
        { Post("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"), "HTTP/1.1 400" },
        { Post("Content-Length: 2\r\nContent-Length: 3", "{}"), "HTTP/1.1 400" },
        { Post("Content-Length: -1", "{}"), "HTTP/1.1 400" },
        { Post("Content-Length: 16777217", "{}"), "HTTP/1.1 413" },
        { Post("Content-Length: 99999999999999999999", "{}"), "HTTP/1.1 400" },
        { Post("Content-Encoding: gzip\r\nContent-Length: 2", "{}"), "HTTP/1.1 415" },
        { Post("Inference-Header-Content-Length: 2\r\nContent-Length: 2", "{}"), "HTTP/1.1 415" },
        { Post("X-Long: " + new string('x', 40_000), ""), "HTTP/1.1 431" },
        { "GET /" + new string('x', 10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414" },
        { "GET /score/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405" },
        { Secret + "\r\n\r\n", "HTTP/1.1 400" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_strange_request_gets_an_answer(string request, string answer)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _service.Url.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var buffer = new byte[4096];
        Assert.StartsWith(answer, Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer)), StringComparison.Ordinal);
        Assert.Equal(200, (await _service.GetAsync("/v2/health/live")).Status);
    }

    [Theory]
    [InlineData("/score/bikes", "{\"", "\": 1}")]
    [InlineData("/score/bikes", "{\"temperature\": \"", "\"}")]
    [InlineData("/score/bikes", "{\"temperature\": ", "}")]
    [InlineData("/score", "{\"model\": \"", "\", \"rows\": []}")]
    [InlineData("/v2/models/bikes/infer", "{\"inputs\": [{\"name\": \"", "\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1]}]}")]
    public async Task A_message_shows_only_the_beginning_of_what_was_sent(string path, string before, string after)
    {
        var answer = await _service.PostAsync(path, before + new string('7', 1_000_000) + after);
        Assert.InRange(answer.Status, 400, 404);
        Assert.InRange(answer.Body.Length, 1, 2000);
        Assert.NotEmpty(JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString()!);
    }

    [Theory]
    [InlineData("[9223372036854775807]", 413)]
    [InlineData("[9223372036854775808]", 400)]
    [InlineData("[1, 1, 1]", 400)]
    [InlineData("[[1]]", 400)]
    [InlineData("[1e0]", 400)]
    [InlineData("[null]", 400)]
    public async Task A_shape_that_cannot_be_is_refused(string shape, int status) => Assert.Equal(status, (await _service.PostAsync(
        "/v2/models/churn/infer", "{\"inputs\": [{\"name\": \"months\", \"shape\": " + shape + ", \"datatype\": \"FP32\", \"data\": [1]}]}")).Status);

    [Theory]
    [InlineData("{\"temperature\": \"" + Secret + "\"}")]
    [InlineData("{\"" + Secret + "\": 1}")]
    [InlineData("{\"hour\": \"" + Secret + "\"}")]
    [InlineData("{\"hour\": " + Secret)]
    public async Task Nothing_that_a_caller_sent_is_logged(string body)
    {
        await _service.PostAsync("/score/bikes", body);
        await _service.PostAsync("/score/bikes?" + Secret, body, "text/" + Secret);
        Assert.DoesNotContain(Secret, _service.Output, StringComparison.Ordinal);
    }

    private static string Post(string headers, string body) => $"POST /score/bikes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n\r\n{body}";
}
