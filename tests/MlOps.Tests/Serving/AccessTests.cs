using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Tests.Serving;

/// <summary>Who may ask a service that has keys.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Key = "correct horse battery staple é";

    private RunningService _service = null!;

    public async Task InitializeAsync() => _service = await RunningService.StartAsync(folder =>
    {
        var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
        return $$"""{ "url": "http://127.0.0.1:0", "keys": { "us": "sha256:{{sha256}}" }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
    });

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [InlineData("Authorization", "Bearer " + Key, 200)]
    [InlineData("Authorization", "bearer  " + Key, 200)]
    [InlineData("X-API-Key", Key, 200)]
    [InlineData("X-API-Key", Key + "x", 401)]
    [InlineData("X-API-Key", "", 401)]
    [InlineData("Authorization", Key, 401)]
    [InlineData("Authorization", "Basic " + Key, 401)]
    [InlineData("Authorization", "Bearer", 401)]
    [InlineData("X-Other", Key, 401)]
    public async Task A_key_is_taken_in_two_headers(string header, string value, int status)
    {
        foreach (var path in (string[])["/score/bikes", "/v2", "/v2/models/bikes", "/metrics", "/nowhere"])
        {
            using var answer = await SendAsync(path, header, value);
            Assert.Equal(path == "/nowhere" && status == 200 ? 404 : status, (int)answer.StatusCode);
            Assert.Equal(answer.StatusCode == HttpStatusCode.Unauthorized, answer.Headers.WwwAuthenticate.Any(scheme => scheme.Scheme == "Bearer"));
        }
    }

    [Theory]
    [InlineData("/", 401)]
    [InlineData("/v2/health/live", 200)]
    [InlineData("/v2/health/ready", 200)]
    [InlineData("/v2/health/ready/", 401)]
    [InlineData("/v2/models/bikes/ready", 401)]
    public async Task Health_is_for_anybody(string path, int status) => Assert.Equal(status, (await _service.GetAsync(path)).Status);

    private async Task<HttpResponseMessage> SendAsync(string path, string header, string value)
    {
        // As bytes of UTF-8, which is how a header may hold more than ASCII.
        using var sockets = new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        using var http = new HttpClient(sockets) { BaseAddress = _service.Url };
        using var request = new HttpRequestMessage(path == "/score/bikes" ? HttpMethod.Post : HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Content = request.Method == HttpMethod.Post ? new StringContent("{}", Encoding.UTF8, "application/json") : null;
        request.Headers.TryAddWithoutValidation(header, value);
        return await http.SendAsync(request);
    }
}
