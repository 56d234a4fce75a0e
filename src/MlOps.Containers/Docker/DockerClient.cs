using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlOps.Containers.Docker.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>A client of one Docker Engine, API 1.40 to 1.44. https://docs.docker.com/engine/api/v1.41/.</summary>
/// <remarks>podman's compatible socket serves images and containers as well. Absence is an answer; every failure is a <see cref="DiagnosticException"/> with the engine's own words.
/// Threads may share it.</remarks>
public sealed partial class DockerClient : IDisposable
{
    private readonly EngineHttp _http;

    /// <summary>A client that asks nothing before its first use.</summary>
    /// <exception cref="DiagnosticException">MLO8140: the address cannot be used. MLO8143: the certificates cannot be read.</exception>
    public DockerClient(DockerOptions? options = null)
    {
        Options = options ?? new();
        Options = Options with { Endpoint = Options.Endpoint };
        _http = new(Options);
    }

    /// <summary>Where the engine listens.</summary>
    public DockerEndpoint Endpoint => Options.Endpoint;

    private DockerOptions Options { get; }

    /// <summary>Makes sure that an engine answers whose API is new enough.</summary>
    /// <returns>The version of the API that is spoken with it.</returns>
    public Task<Version> PingAsync(CancellationToken cancellationToken) => _http.NegotiateAsync(cancellationToken);

    /// <summary>What the engine says that it is.</summary>
    public async Task<DockerVersion> VersionAsync(CancellationToken cancellationToken)
    {
        var answer = await GetAsync("/version", "ask the engine for its version", DockerJson.Default.VersionAnswer, cancellationToken);
        return new(answer.Version ?? "", answer.ApiVersion ?? "", answer.Os ?? "", answer.Arch ?? "");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>A part of a query; empty without filters.</summary>
    private static string Filters(Dictionary<string, IReadOnlyList<string>> filters)
    {
        var used = filters.Where(filter => filter.Value.Count > 0).ToDictionary(StringComparer.Ordinal);
        return used.Count == 0 ? "" : $"&filters={Uri.EscapeDataString(JsonSerializer.Serialize(used, DockerJson.Default.DictionaryStringIReadOnlyListString))}";
    }

    private EngineRequest Ask(HttpMethod method, string path, string doing) => new(method, path, new(Endpoint.ToString(), doing));

    private async Task<T> GetAsync<T>(string path, string doing, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        await using var answer = await _http.SendAsync(Ask(HttpMethod.Get, path, doing), cancellationToken);
        return await answer.JsonAsync(type, cancellationToken);
    }

    /// <summary>An answer, or null if what is asked for is not there.</summary>
    private async Task<T?> FindAsync<T>(string path, string doing, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        await using var answer = await _http.SendAsync(Ask(HttpMethod.Get, path, doing) with { MayBeAbsent = true }, cancellationToken);
        return answer.IsAbsent ? null : await answer.JsonAsync(type, cancellationToken);
    }
}

/// <summary>What an engine says that it is.</summary>
/// <param name="Engine">Its version.</param>
/// <param name="Api">The newest version of the API that it knows.</param>
/// <param name="Os">Such as <c>linux</c>.</param>
/// <param name="Architecture">Such as <c>amd64</c>.</param>
public sealed record DockerVersion(string Engine, string Api, string Os, string Architecture);
