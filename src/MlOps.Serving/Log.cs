namespace MlOps.Serving;

/// <summary>What operators read in the service's log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Urls}, serving {Models}")]
    public static partial void Listening(ILogger logger, string urls, string models);

    [LoggerMessage(2, LogLevel.Information, "draining: {Requests} requests in flight on {Connections} connections")]
    public static partial void Draining(ILogger logger, int requests, int connections);

    [LoggerMessage(3, LogLevel.Warning, "{Requests} requests were still in flight at the end of the grace period")]
    public static partial void GraceEnded(ILogger logger, int requests);

    /// <summary>An exception by its kind and place: its message might hold what the caller sent.</summary>
    public static void Failed(ILogger logger, Exception bug) => Failed(logger, bug.GetType().Name, bug.StackTrace);

    [LoggerMessage(4, LogLevel.Error, "a request failed because of an error in the service: {Kind}\n{Place}")]
    private static partial void Failed(ILogger logger, string kind, string? place);

    [LoggerMessage(5, LogLevel.Information, "drained")]
    public static partial void Drained(ILogger logger);

    [LoggerMessage(8, LogLevel.Warning, "inferences cannot be written to {Folder} and are dropped: {Reason}")]
    public static partial void InferencesDropped(ILogger logger, string folder, string reason);

    [LoggerMessage(7, LogLevel.Warning, "the certificate's files changed and cannot be used, so the one before stays: {Reason}")]
    public static partial void CertificateKept(ILogger logger, string reason);

    /// <summary>As <see cref="Failed(ILogger, Exception)"/>, of a model's own code.</summary>
    public static void FunctionFailed(ILogger logger, string function, Exception thrown) => FunctionFailed(logger, function, thrown.GetType().Name, thrown.StackTrace);

    [LoggerMessage(6, LogLevel.Warning, "function {Function} of a model failed for a row: {Kind}\n{Place}")]
    private static partial void FunctionFailed(ILogger logger, string function, string kind, string? place);
}
