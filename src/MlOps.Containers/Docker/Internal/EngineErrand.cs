using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using MlOps.Content;

namespace MlOps.Containers.Docker.Internal;

/// <summary>What is being done with an engine, in words: it names place and object in every diagnostic.</summary>
/// <param name="Where">The engine's address.</param>
/// <param name="Doing">Such as <c>start container bike</c>.</param>
internal readonly record struct EngineErrand(string Where, string Doing)
{
    private const int WordsCharacters = 600;
    private const string Start = "start it (systemctl start docker, or dockerd), or set DOCKER_HOST to where one listens";

    public DiagnosticException Fail(string code, string why, string mend) => new(new Diagnostic(code, $"cannot {Doing}") { Where = Where, Why = why, Mend = mend });

    /// <summary>A connection that failed.</summary>
    public DiagnosticException Lost(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Fail("MLO8141", "there is no such host", "mend DOCKER_HOST, or look at this machine's network"),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } =>
            Fail("MLO8143", $"no secure connection: {Innermost(failure)}", "look at ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH"),
        { InnerException: SocketException { SocketErrorCode: SocketError.AccessDenied } } =>
            Fail("MLO8142", "this user may not use the engine's socket", "add the user to the group 'docker' and log in anew, or run as root"),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => Fail("MLO8141", "no engine listens there", Start),
        // What .NET makes of a unix socket's path where nothing is.
        { InnerException: SocketException { SocketErrorCode: SocketError.AddressNotAvailable } } => Fail("MLO8141", "there is no such socket", Start),
        { InnerException: SocketException socket } => Fail("MLO8141", $"no engine can be reached: {socket.Message}", Start),
        _ => Fail("MLO8146", $"the connection broke: {Innermost(failure)}", "look at the engine's log, and try again"),
    };

    public DiagnosticException NotConnected(TimeSpan limit) => Fail("MLO8141", $"no connection within {Seconds(limit)} s", Start);

    public DiagnosticException Stalled(TimeSpan limit) => Fail("MLO8145", $"the engine kept still for {Seconds(limit)} s", "look at the engine's log and the machine's load, and try again; a hung engine wants a restart");

    public DiagnosticException Truncated(string why) => Fail("MLO8146", why, "look at the engine's log, and try again");

    public DiagnosticException NotUnderstood(string why) => Fail("MLO8147", why, "look whether DOCKER_HOST is the address of a Docker Engine");

    public DiagnosticException TooOld(string server, Version oldest) =>
        Fail("MLO8144", $"the engine speaks API {Clean(server)}; this needs {oldest} or newer", "install Docker Engine 19.03 or newer");

    public DiagnosticException Absent(string words) => Fail("MLO8151", $"it is not there{words}", "look for it with docker ps --all, or docker images");

    /// <summary>What the engine's status and words mean.</summary>
    public DiagnosticException Refused(HttpStatusCode status, string words) => status switch
    {
        HttpStatusCode.Conflict => Fail("MLO8148", $"it conflicts with what is there{words}", "look with docker ps --all; remove or rename what stands in the way"),
        >= HttpStatusCode.InternalServerError => Fail("MLO8150", $"the engine failed with status {(int)status}{words}", "mend what it names, or look at the engine's log"),
        >= HttpStatusCode.BadRequest => Fail("MLO8149", $"the engine refuses it with status {(int)status}{words}", "mend what it names"),
        _ => NotUnderstood($"the engine answered with status {(int)status}{words}"),
    };

    /// <summary>An error that came inside a stream whose status said that all is well.</summary>
    public DiagnosticException FailedWithin(string words) => Fail("MLO8152", $"the engine says: {Clean(words)}", "mend what it names");

    /// <summary>Somebody else's text, so that it neither fills a terminal nor steers it.</summary>
    public static string Clean(string text) => ForeignText.Shown(text.Trim(), WordsCharacters);

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static string Innermost(Exception failure) => failure.GetBaseException().Message.TrimEnd('.');
}
