using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using MlOps.Content;

namespace MlOps.Containers.Internal;

/// <summary>A failure that may pass: worth another try.</summary>
/// <param name="diagnostic">What users see if it does not pass.</param>
/// <param name="pause">How long the registry asks to wait, if it does.</param>
#pragma warning disable CA1064 // It never leaves this project: it ends as a DiagnosticException.
internal sealed class TransientException(Diagnostic diagnostic, TimeSpan? pause = null) : Exception(diagnostic.What)
{
    public Diagnostic Diagnostic => diagnostic;

    public TimeSpan? Pause => pause;
}
#pragma warning restore CA1064

/// <summary>What is being done with a registry, in words: it names place and object in every diagnostic.</summary>
/// <param name="Where">The registry and repository.</param>
/// <param name="Doing">Such as <c>fetch blob sha256:…</c>.</param>
internal readonly record struct Errand(string Where, string Doing)
{
    private const string Again = "try again later; what has come so far is kept";

    public Diagnostic Say(string code, string why, string mend) => new(code, $"cannot {Doing}") { Where = Where, Why = why, Mend = mend };

    public DiagnosticException Fail(string code, string why, string mend) => new(Say(code, why, mend));

    /// <summary>A connection that failed.</summary>
    public Exception Lost(Exception failure, Uri uri) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            Fail("MLO8103", $"there is no host '{uri.IdnHost}'", "mend the address, or look at this machine's network"),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } =>
            Fail("MLO8117", $"no secure connection to {uri.Authority}: {Innermost(failure)}", "let this machine trust the registry's certificate; plain http is for this machine only"),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            new TransientException(Say("MLO8103", $"nothing listens at {uri.Authority}", "start the registry, or mend the address")),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            new TransientException(Say("MLO8103", $"no connection to {uri.Authority}: {Innermost(failure)}", "look at the network, and try again")),
        _ => new TransientException(Say("MLO8104", $"the connection to {uri.Authority} broke: {Innermost(failure)}", Again)),
    };

    public DiagnosticException NotConnected(Uri uri, TimeSpan limit) =>
        Fail("MLO8103", $"{uri.Authority} did not take a connection within {Seconds(limit)} s", "look at the network, or mend the address");

    public TransientException Stalled(Uri uri, TimeSpan limit) =>
        new(Say("MLO8104", $"{uri.Authority} kept still for {Seconds(limit)} s", Again));

    public TransientException Short(long expected, long got) =>
        new(Say("MLO8112", string.Create(CultureInfo.InvariantCulture, $"the registry promised {expected} bytes and ended after {got}"), Again));

    public DiagnosticException Lies(string why) => Fail("MLO8112", why, "look at the registry's storage, or at what stands between it and this machine");

    public DiagnosticException NotUnderstood(string why) => Fail("MLO8110", why, "look whether the address is that of an OCI registry");

    public DiagnosticException NeedsLogin(string registry, string words) =>
        Fail("MLO8105", $"the registry wants credentials, and there are none for it on this machine{words}", $"docker login {registry}, or podman login {registry}");

    public DiagnosticException Refused(string registry, string words) =>
        Fail("MLO8106", $"the registry does not allow it to these credentials{words}", $"ask for the right, or log in as somebody else: docker login {registry}");

    public TransientException Busy(TimeSpan? pause) =>
        new(Say("MLO8107", "the registry takes no more requests for now (429)" + (pause is { } asked ? $", and asks to wait {Seconds(asked)} s" : ""), "try again later"), pause);

    public TransientException Broken(HttpStatusCode status, TimeSpan? pause, string words) =>
        new(Say("MLO8108", $"the registry failed with status {(int)status}{words}", "look at the registry's log, and try again"), pause);

    public DiagnosticException Unexpected(HttpStatusCode status, string words) =>
        Fail("MLO8109", $"the registry answered with status {(int)status}{words}", "look at the registry's log, or whether the address is that of an OCI registry");

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static string Innermost(Exception failure) => failure.GetBaseException().Message.TrimEnd('.');
}
