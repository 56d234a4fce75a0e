using System.Net;
using System.Net.Http.Headers;
using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Tests.Remotes;

/// <summary>Redirects between https and http, which no server on the loopback has a certificate for.</summary>
public sealed class HttpRedirectsTests
{
    private readonly List<string> _seen = [];

    [Fact]
    public async Task Nothing_goes_from_https_to_http()
    {
        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => SendAsync("https://a.example/x", "http://a.example/x"));

        Assert.Equal("MLO8252", failure.Diagnostics[0].Code);
        Assert.Equal(["https://a.example/x with credentials"], _seen);
    }

    [Theory]
    [InlineData("https://b.example/x")]
    [InlineData("https://a.example:8443/x")]
    [InlineData("https://a.example.evil.example/x")]
    public async Task Credentials_stay_with_scheme_host_and_port(string next)
    {
        await SendAsync("https://a.example/x", next);

        Assert.Equal(["https://a.example/x with credentials", next], _seen);
    }

    [Fact]
    public async Task Another_scheme_is_refused()
    {
        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => SendAsync("https://a.example/x", "file:///etc/passwd"));

        Assert.Equal("MLO8251", failure.Diagnostics[0].Code);
    }

    private async Task SendAsync(string first, string next)
    {
        using var answers = new Answers(request =>
        {
            _seen.Add(request.RequestUri!.AbsoluteUri + (request.Headers.Authorization is null ? "" : " with credentials"));
            return request.RequestUri.AbsoluteUri == first ? new(HttpStatusCode.Found) { Headers = { Location = new(next) } } : new(HttpStatusCode.OK);
        });
        using var client = new HttpMessageInvoker(answers);
        using var answer = await new HttpRedirects(client, new AuthenticationHeaderValue("Basic", "eDp5")).SendAsync(new(first), _ => { }, default);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private sealed class Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
