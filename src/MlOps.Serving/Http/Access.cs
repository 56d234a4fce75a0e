using System.Collections.Frozen;
using MlOps.Content;
using MlOps.Serving.Page;

namespace MlOps.Serving.Http;

/// <summary>Lets in who has a key: <c>Authorization: Bearer KEY</c> or <c>X-API-Key: KEY</c>. Health is told to anybody, and the page, which holds nothing of the models, asks for the key itself.</summary>
/// <remarks>Only the sha256 of a key is kept and compared: whoever can measure the time of a look-up learns about a digest, not about the key.</remarks>
/// <param name="keys">The sha256 of each key's UTF-8 bytes, by the name of who has it.</param>
internal sealed class Access(IReadOnlyDictionary<string, Digest> keys, Responder responder)
{
    private const string Scheme = "Bearer ";

    private readonly FrozenSet<Digest> _keys = keys.Values.ToFrozenSet();

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (IsOpen(context.Request) || (KeyOf(context.Request) is { } key && _keys.Contains(Digest.Of(System.Text.Encoding.UTF8.GetBytes(key)))))
        {
            await next(context);
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"mlops\"";
        await responder.ErrorAsync(context, StatusCodes.Status401Unauthorized, "a key is needed: send Authorization: Bearer KEY, or X-API-Key: KEY");
    }

    private static bool IsOpen(HttpRequest request) => request.Path.Value is "/v2/health/live" or "/v2/health/ready" || PageEndpoint.IsFile(request);

    private static string? KeyOf(HttpRequest request)
    {
        var bearer = request.Headers.Authorization;
        return bearer.Count == 1 && bearer[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? bearer[0]![Scheme.Length..].Trim()
            : request.Headers["X-API-Key"] is [{ } key] ? key : null;
    }
}
