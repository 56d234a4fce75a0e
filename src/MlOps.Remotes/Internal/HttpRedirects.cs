using System.Net;
using System.Net.Http.Headers;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Follows redirects by hand: credentials go to the host that was declared and to no other, and nothing goes from https to http.</summary>
internal sealed class HttpRedirects(HttpMessageInvoker client, AuthenticationHeaderValue? credentials)
{
    private const int Most = 10;

    /// <summary>The first answer that is no redirect.</summary>
    /// <param name="declared">Where it begins.</param>
    /// <param name="prepare">Sets the other headers of each request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8251, MLO8252: redirects that are not followed.</exception>
    public async Task<HttpResponseMessage> SendAsync(Uri declared, Action<HttpRequestMessage> prepare, CancellationToken cancellationToken)
    {
        var address = declared;
        for (var hops = 0; ; hops++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            prepare(request);
            request.Headers.Authorization = IsSameOrigin(address, declared) ? credentials : null;
            var response = await client.SendAsync(request, cancellationToken);
            if (!IsRedirect(response.StatusCode))
            {
                return response;
            }

            using (response)
            {
                address = Next(declared, address, response.Headers.Location, hops);
            }
        }
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static bool IsSameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.IdnHost == other.IdnHost && one.Port == other.Port;

    private static Uri Next(Uri declared, Uri from, Uri? location, int hops)
    {
        if (hops == Most || location is null)
        {
            throw Refused("MLO8251", declared, hops == Most ? $"the server redirects more than {Most} times" : "the server redirects to nowhere", $"at {Bare(from)}", "declare the address that the file really has");
        }

        var next = location.IsAbsoluteUri ? location : new Uri(from, location);
        if (next.Scheme is not ("http" or "https"))
        {
            throw Refused("MLO8251", declared, $"the server redirects to {next.Scheme}", Bare(next), "declare an address of http or https");
        }

        return from.Scheme == "https" && next.Scheme == "http"
            ? throw Refused("MLO8252", declared, "the server redirects from https to http", $"to {Bare(next)}, where anybody on the way may change the data", "declare that address itself, with its sha256, if you trust it")
            : next;
    }

    private static DiagnosticException Refused(string code, Uri declared, string what, string why, string mend) =>
        new(new Diagnostic(code, what) { Where = Bare(declared), Why = why, Mend = mend });

    /// <summary>An address as diagnostics show it: its query may hold a secret.</summary>
    public static string Bare(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
