using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MlOps.Tests;

/// <summary>A web server on the loopback that gives files as servers should: ETag, conditional requests, ranges; a hook lets tests make it misbehave.</summary>
internal sealed class DataServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private DataServer(WebApplication host) => _host = host;

    /// <summary>What it has, by path without the first slash; changing an entry changes its ETag.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What it was asked, such as <c>/a.csv range=5- condition="…" auth=Basic …</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Runs first; true if it has answered.</summary>
    public Func<HttpContext, Task<bool>>? Before { get; set; }

    public required int Port { get; init; }

    public static async Task<DataServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var port = Ports.Free();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var server = new DataServer(builder.Build()) { Port = port };
        server._host.Run(server.AnswerAsync);
        await server._host.StartAsync();
        return server;
    }

    public Uri At(string path) => new($"http://127.0.0.1:{Port}/{path}");

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    public static string TagOf(byte[] bytes) => $"\"{MlOps.Content.Digest.Of(bytes).Hex[..16]}\"";

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Requests.Enqueue($"{request.Path}{Shown(" range=", request.Headers.Range)}{Shown(" condition=", request.Headers.IfNoneMatch)}{Shown(" auth=", request.Headers.Authorization)}");
        if (Before is { } before && await before(context))
        {
            return;
        }

        if (!Files.TryGetValue(request.Path.Value![1..], out var bytes))
        {
            context.Response.StatusCode = 404;
            return;
        }

        await GiveAsync(context, bytes);
    }

    /// <summary>Answers with a file, or with the part or the short word that was asked for.</summary>
    public static async Task GiveAsync(HttpContext context, byte[] bytes)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = TagOf(bytes);
        if (request.Headers.IfNoneMatch == TagOf(bytes))
        {
            response.StatusCode = 304;
            return;
        }

        var from = 0;
        if (request.Headers.Range.ToString() is ['b', 'y', 't', 'e', 's', '=', .. var range, '-'] && request.Headers.IfRange == TagOf(bytes))
        {
            from = int.Parse(range, CultureInfo.InvariantCulture);
            response.StatusCode = from < bytes.Length ? 206 : 416;
            response.Headers.ContentRange = from < bytes.Length ? $"bytes {from}-{bytes.Length - 1}/{bytes.Length}" : $"bytes */{bytes.Length}";
            if (from >= bytes.Length)
            {
                return;
            }
        }

        response.ContentLength = bytes.Length - from;
        await response.Body.WriteAsync(bytes.AsMemory(from));
    }

    private static string Shown(string name, string? value) => string.IsNullOrEmpty(value) ? "" : name + value.Replace("bytes=", "", StringComparison.Ordinal);
}
