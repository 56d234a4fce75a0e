using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Page;

/// <summary>The page at <c>/</c> for people, and at <c>/about</c> what it shows. The page's own files hold nothing of the models: its reader's browser asks for that.</summary>
internal sealed class PageEndpoint(ModelCatalog catalog, Responder responder)
{
    /// <summary>Only what comes from here runs or is asked, and nobody frames it.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly (string Path, string Resource, string Type)[] Files =
    [
        ("/page.css", "page.css", "text/css; charset=utf-8"),
        ("/page.js", "page.js", "text/javascript; charset=utf-8"),
    ];

    private static readonly string Html = Text("page.html");

    /// <summary>Whether a request is for one of the page's own files, which are for anybody.</summary>
    public static bool IsFile(HttpRequest request) => request.Path.Value is "/page.css" or "/page.js" || (request.Path.Value == "/" && IsBrowser(request));

    public void Map(WebApplication app)
    {
        app.MapGet("/", (RequestDelegate)(context =>
        {
            context.Response.Headers.Vary = "Accept";
            return IsBrowser(context.Request) ? FileAsync(context, Html, "text/html; charset=utf-8")
                : responder.TextAsync(context, IndexPage.For(catalog, $"{context.Request.Scheme}://{context.Request.Host}"));
        }));
        foreach (var (path, resource, type) in Files)
        {
            var text = Text(resource);
            app.MapGet(path, (RequestDelegate)(context => FileAsync(context, text, type)));
        }

        app.MapGet("/about", (RequestDelegate)(context => responder.TextAsync(context, List().ToJsonString(), "application/json")));
        app.MapGet("/about/{model}", (RequestDelegate)(context => responder.TextAsync(context, About(catalog.Get((string)context.Request.RouteValues["model"]!)).ToJsonString(), "application/json")));
    }

    private static bool IsBrowser(HttpRequest request) => request.Headers.Accept.Any(accepted => accepted!.Contains("text/html", StringComparison.OrdinalIgnoreCase));

    private Task FileAsync(HttpContext context, string text, string type)
    {
        var headers = context.Response.Headers;
        (headers.ContentSecurityPolicy, headers.XContentTypeOptions, headers["Referrer-Policy"], headers.CacheControl) = (Policy, "nosniff", "no-referrer", "no-cache");
        return responder.TextAsync(context, text, type);
    }

    private JsonObject List() => new() { ["models"] = new JsonArray([.. catalog.Models.Select(model => (JsonNode)new JsonObject { ["name"] = model.Name, ["version"] = model.Version })]) };

    private static JsonObject About(LoadedModel model)
    {
        var signature = model.About.Json("signature.json");
        var seen = (signature?["inputs"] as JsonArray ?? []).OfType<JsonObject>().Where(input => input["name"] is JsonValue).ToLookup(input => input["name"]!.ToString(), StringComparer.Ordinal);
        return new()
        {
            ["name"] = model.Name,
            ["version"] = model.Version,
            ["digest"] = model.Digest.ToString(),
            ["commit"] = model.About.Commit,
            ["task"] = Word(model.Signature.Task.ToString()),
            ["label"] = model.Signature.Label,
            ["classes"] = new JsonArray([.. model.Signature.Classes.Select(name => (JsonNode)name)]),
            ["explains"] = model.CanExplain,
            ["inputs"] = new JsonArray([.. model.Inputs.Select(input => (JsonNode)new JsonObject
            {
                ["name"] = input.Name,
                ["kind"] = Word(input.Kind.ToString()),
                ["categories"] = input.Kind is FeatureKind.Categorical && model.Categories(input.Name) is { Count: > 0 } known ? new JsonArray([.. known.Select(category => (JsonNode)category)]) : null,
                ["range"] = seen[input.Name].FirstOrDefault()?["range"]?.DeepClone(),
            })]),
            ["metrics"] = model.About.Json("metrics.json"),
            ["examples"] = model.About.Json("examples.json"),
            ["card"] = model.About.Text("README.md"),
        };
    }

    private static string Word(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    private static string Text(string resource)
    {
        using var stream = typeof(PageEndpoint).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
