namespace MlOps.Serving.Http;

/// <summary>Ends a request because of what the caller sent, or because too much is asked for; the message tells the caller what is wrong.</summary>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status: 400 to 499, or 503.</summary>
    public int Status => status;

    public static RequestException BadRequest(string message) => new(StatusCodes.Status400BadRequest, message);

    public static RequestException NotFound(string message) => new(StatusCodes.Status404NotFound, message);

    /// <summary>503 with <c>Retry-After</c>.</summary>
    public static RequestException Overloaded(string message) => new(StatusCodes.Status503ServiceUnavailable, message + "; try again in a moment");
}
