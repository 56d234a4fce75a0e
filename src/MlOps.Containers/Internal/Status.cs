using System.Net;

namespace MlOps.Containers.Internal;

/// <summary>What an answer's status means for trying again.</summary>
internal static class Status
{
    /// <summary>Throws for what may pass: too many requests, a time-out, a failure of the server.</summary>
    public static void ThrowIfTransient(HttpResponseMessage response, Errand errand, string words)
    {
        var status = response.StatusCode;
        if (status == HttpStatusCode.TooManyRequests)
        {
            throw errand.Busy(PauseOf(response));
        }

        if (IsTransient(status))
        {
            throw errand.Broken(status, PauseOf(response), words);
        }
    }

    /// <summary>Whether it may pass.</summary>
    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        || (status >= HttpStatusCode.InternalServerError && status is not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));

    private static TimeSpan? PauseOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when response.Headers.Date is { } now => date - now,
            _ => null,
        };
}
