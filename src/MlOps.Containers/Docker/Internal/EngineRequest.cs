using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;

namespace MlOps.Containers.Docker.Internal;

/// <summary>One question to an engine.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Below the API's version, with the query.</param>
/// <param name="Errand">What it is for.</param>
internal sealed record EngineRequest(HttpMethod Method, string Path, EngineErrand Errand)
{
    /// <summary>The body; told when its bytes move.</summary>
    public Func<Action, HttpContent>? Body { get; init; }

    /// <summary>Further headers.</summary>
    public Action<HttpRequestHeaders>? Headers { get; init; }

    /// <summary>How long the engine may work in silence before it answers, beyond the usual.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>Whether the answer's body may keep still without end: it tells what containers do.</summary>
    public bool IsLive { get; init; }

    /// <summary>Whether "not found" is an answer.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>The same with a JSON body.</summary>
    public EngineRequest With<T>(T value, JsonTypeInfo<T> type) => this with
    {
        Body = _ =>
        {
            var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
            content.Headers.ContentType = new("application/json");
            return content;
        },
    };

    /// <summary>A name as a part of a path: it must not lead elsewhere.</summary>
    /// <exception cref="DiagnosticException">MLO8153: it can be no name.</exception>
    public static string Name(string name) =>
        name.Split('/').Any(part => part is "" or "." or "..") || name.Any(c => char.IsControl(c) || c is '?' or '#' or '%' or '\\')
            ? throw new DiagnosticException(new Diagnostic("MLO8153", $"'{EngineErrand.Clean(name)}' can be no name of an image or container")
            {
                Why = "names are letters, digits, '.', '_', '-', and for images '/', ':' and '@'",
                Mend = "mend the name",
            })
            : string.Join('/', name.Split('/').Select(Uri.EscapeDataString)).Replace("%3A", ":", StringComparison.Ordinal).Replace("%40", "@", StringComparison.Ordinal);
}
