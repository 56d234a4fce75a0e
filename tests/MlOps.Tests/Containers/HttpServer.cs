using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MlOps.Tests.Containers;

/// <summary>A server on the loopback that does whatever a test wants, and remembers what it was asked.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpServer(WebApplication app) => _app = app;

    /// <summary>The host and port.</summary>
    public string Registry { get; private set; } = "";

    /// <summary>Each request's method, path with query, and <c>Authorization</c>, in order.</summary>
    public List<(string Method, string Path, string Authorization)> Asked { get; } = [];

    /// <summary>Whether it answers <c>GET /v2/</c> as registries do.</summary>
    public bool IsRegistry { get; set; } = true;

    /// <summary>What it does; a registry's own <c>GET /v2/</c> is answered already.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    };

    public static async Task<HttpServer> StartAsync(Func<HttpContext, Task>? answer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = options.Limits.MinResponseDataRate = null;
        });
        var server = new HttpServer(builder.Build());
        server.Answer = answer ?? server.Answer;
        server._app.Run(server.HandleAsync);
        await server._app.StartAsync();
        server.Registry = new Uri(server._app.Urls.Single()).Authority;
        return server;
    }

    /// <summary>How often a method and the beginning of a path were asked for.</summary>
    public int Count(string method, string path)
    {
        lock (Asked)
        {
            return Asked.Count(asked => asked.Method == method && asked.Path.StartsWith(path, StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that stand still on purpose are not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Task HandleAsync(HttpContext context)
    {
        lock (Asked)
        {
            Asked.Add((context.Request.Method, $"{context.Request.Path}{context.Request.QueryString}", context.Request.Headers.Authorization.ToString()));
        }

        return IsRegistry && context.Request.Path == "/v2/" && context.Request.Method == "GET" ? context.Response.WriteAsync("") : Answer(context);
    }
}
