using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using MlOps.Content;
using MlOps.Remotes.Internal;

namespace MlOps.Remotes;

/// <summary>Downloads files over http and https: resumes, asks only for what changed, waits as servers ask, gives up after bounded tries.</summary>
/// <remarks>Credentials come from <c>.netrc</c> and go to the declared host over https (or to this machine), nowhere else. The bytes are not judged here:
/// the caller holds them against their digest.</remarks>
public sealed class HttpSource : IDisposable
{
    private const int BlockBytes = 256 * 1024;

    /// <summary>A server that gives a few bytes with each try must come to an end, too.</summary>
    private const int MostTries = 100;

    private readonly HttpSourceOptions _options;
    private readonly HttpMessageInvoker _client;

    /// <summary>A source; nothing is asked yet.</summary>
    public HttpSource(HttpSourceOptions? options = null)
    {
        _options = options ?? new();
#pragma warning disable CA2000 // The client disposes it.
        _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(30) });
#pragma warning restore CA2000
    }

    /// <summary>Downloads into a file, going on after the bytes that an earlier try left there.</summary>
    /// <param name="address">An http or https address.</param>
    /// <param name="file">Where the bytes go; what is known of them is kept beside it.</param>
    /// <param name="known">The validators of what the caller has; if the server has nothing else, nothing is downloaded.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it; what has come stays.</param>
    /// <exception cref="DiagnosticException">MLO825x and MLO826x: why it cannot be had; or the disk is full, the folder read-only.</exception>
    public async Task<HttpAnswer> FetchAsync(Uri address, string file, HttpValidators? known, IProgress<HttpProgress>? progress, CancellationToken cancellationToken)
    {
        var credentials = address.Scheme == "https" || address.IsLoopback ? Netrc.Find(_options.Netrc, address.IdnHost) : null;
        var requests = new HttpRedirects(_client, credentials);
        await using var partial = new PartialDownload(file, address);
        for (int tries = 1, failures = 0; ; tries++)
        {
            var before = partial.Length;
            var attempt = await TryAsync(requests, address, partial, known, progress, cancellationToken);
            if (attempt.Answer is { } answer)
            {
                return answer;
            }

            failures = partial.Length > before ? 1 : failures + 1;
            if (attempt.Final || failures >= _options.Attempts || tries >= MostTries)
            {
                throw new DiagnosticException(attempt.Trouble!);
            }

            var pause = attempt.Wait ?? _options.Pause * Math.Pow(2, failures - 1);
            await Task.Delay(pause < _options.LongestPause ? pause : _options.LongestPause, _options.Clock, cancellationToken);
        }
    }

    /// <summary>Removes a download that is not wanted any more, with what is known of it.</summary>
    public static void Remove(string file) => PartialDownload.Remove(file);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<Attempt> TryAsync(HttpRedirects requests, Uri address, PartialDownload partial, HttpValidators? known, IProgress<HttpProgress>? progress, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            patience.CancelAfter(_options.Stall);
            using var response = await requests.SendAsync(address, request => Prepare(request, partial, known), patience.Token);
            var validators = new HttpValidators(Header(response, "ETag"), response.Content.Headers.TryGetValues("Last-Modified", out var dates) ? dates.First() : null);
            switch (response.StatusCode)
            {
                case HttpStatusCode.NotModified when known is not null && partial.Resume is null:
                    return Attempt.Done(new(IsModified: false, known));
                case HttpStatusCode.RequestedRangeNotSatisfiable when partial.Length > 0:
                    if (response.Content.Headers.ContentRange?.Length == partial.Length)
                    {
                        return Attempt.Done(new(IsModified: true, partial.Validators));
                    }

                    partial.Restart(new(null, null));
                    return Attempt.Again(Lies(address, "it has fewer bytes than it gave before"));
                case HttpStatusCode.PartialContent when partial.Length > 0:
                    if (response.Content.Headers.ContentRange is not { From: { } from, Length: { } whole } || from != partial.Length || whole < from)
                    {
                        partial.Restart(new(null, null));
                        return Attempt.Again(Lies(address, "it gave another part than it was asked for"));
                    }

                    break;
                case HttpStatusCode.OK:
                    if (response.Content.Headers.ContentEncoding.Count > 0 && !address.AbsolutePath.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
                    {
                        return Attempt.End(Encoded(address, string.Join(", ", response.Content.Headers.ContentEncoding)));
                    }

                    partial.Restart(validators);
                    break;
                default:
                    return Refused(address, response);
            }

            var total = response.Content.Headers.ContentRange?.Length ?? (response.Content.Headers.ContentLength is { } length ? partial.Length + length : null);
            await CopyAsync(response, partial, total, progress, patience, cancellationToken);
            return total is { } expected && partial.Length != expected
                ? Attempt.Again(Lies(address, string.Create(CultureInfo.InvariantCulture, $"it promised {expected} bytes and gave {partial.Length}")), partial.Length > expected ? () => partial.Restart(new(null, null)) : null)
                : Attempt.Done(new(IsModified: true, partial.Validators));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Attempt.Again(new Diagnostic("MLO8257", "the server has stopped sending")
            {
                Where = HttpRedirects.Bare(address),
                Why = string.Create(CultureInfo.InvariantCulture, $"nothing came for {_options.Stall.TotalSeconds:0.##} seconds, {_options.Attempts} times; {partial.Length} bytes are here"),
                Mend = "run the same command again later: it goes on where it was",
            });
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Failed(address, partial, e);
        }
    }

    private static void Prepare(HttpRequestMessage request, PartialDownload partial, HttpValidators? known)
    {
        request.Headers.AcceptEncoding.Add(new("identity"));
        request.Headers.UserAgent.Add(new("MlOps", null));
        if (partial.Resume is { } resume)
        {
            request.Headers.Range = new(partial.Length, null);
            request.Headers.TryAddWithoutValidation("If-Range", resume);
        }
        else if (known?.ETag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }
        else if (known?.LastModified is { } date)
        {
            request.Headers.TryAddWithoutValidation("If-Modified-Since", date);
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, PartialDownload partial, long? total, IProgress<HttpProgress>? progress, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            while (true)
            {
                patience.CancelAfter(_options.Stall);
                var read = await body.ReadAsync(block, patience.Token);
                if (read == 0)
                {
                    return;
                }

                await partial.AppendAsync(block.AsMemory(0, read), cancellationToken);
                progress?.Report(new(partial.Length, total));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private Attempt Refused(Uri address, HttpResponseMessage response)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode} {response.ReasonPhrase}").TrimEnd();
        var where = HttpRedirects.Bare(address);
        switch ((int)response.StatusCode)
        {
            case 401 or 403 or 407:
                return Attempt.End(new("MLO8253", "the server asks for credentials, or refuses those that it got")
                {
                    Where = where,
                    Why = status + (address.Scheme == "http" && !address.IsLoopback ? "; credentials are not sent over plain http" : ""),
                    Mend = $"add a line to ~/.netrc: machine {address.IdnHost} login NAME password SECRET",
                });
            case 404 or 410:
                return Attempt.End(new("MLO8254", "the server has no such file") { Where = where, Why = status, Mend = "mend the address" });
            case 408 or 425 or 429 or >= 500:
                var wait = Wait(response.Headers.RetryAfter);
                return wait > _options.LongestPause
                    ? Attempt.End(new("MLO8258", "the server asks to come back later") { Where = where, Why = $"{status}; it asks for {wait}", Mend = "run the same command again then" })
                    : Attempt.Again(new("MLO8256", "the server fails again and again") { Where = where, Why = status, Mend = "run the same command again later: it goes on where it was" }, wait: wait);
            default:
                return Attempt.End(new("MLO8255", "the server gives no file") { Where = where, Why = status, Mend = "try the address in a browser, and mend it" });
        }
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? header) =>
        (header?.Delta ?? header?.Date - _options.Clock.GetUtcNow()) is { } wait ? wait > TimeSpan.Zero ? wait : TimeSpan.Zero : null;

    private static Attempt Failed(Uri address, PartialDownload partial, Exception failure) => failure.InnerException is AuthenticationException insecure
        ? Attempt.End(new("MLO8260", "the server cannot prove who it is")
        {
            Where = HttpRedirects.Bare(address),
            Why = insecure.Message,
            Mend = "add its authority to this machine's trusted ones, or ask its owner",
        })
        : Attempt.Again(new("MLO8256", partial.Length == 0 ? "the server cannot be reached" : "the connection breaks again and again")
        {
            Where = HttpRedirects.Bare(address),
            Why = string.Create(CultureInfo.InvariantCulture, $"{failure.Message} ({partial.Length} bytes are here)"),
            Mend = "look at the address and the network; the same command goes on where it was",
        });

    private static Diagnostic Lies(Uri address, string why) => new("MLO8259", "the server says one length and gives another")
    {
        Where = HttpRedirects.Bare(address),
        Why = why,
        Mend = "run the same command again; if it stays so, ask the server's owner",
    };

    private static Diagnostic Encoded(Uri address, string encoding) => new("MLO8261", "the server packs what it was asked for plain")
    {
        Where = HttpRedirects.Bare(address),
        Why = $"Content-Encoding: {encoding}",
        Mend = "name the packed file itself, with \"unpack\": true",
    };

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    /// <summary>How one try ended: an answer, or trouble that another try may end or not.</summary>
    private readonly record struct Attempt(HttpAnswer? Answer, Diagnostic? Trouble, bool Final, TimeSpan? Wait)
    {
        public static Attempt Done(HttpAnswer answer) => new(answer, null, false, null);

        public static Attempt End(Diagnostic trouble) => new(null, trouble, true, null);

        public static Attempt Again(Diagnostic trouble, Action? first = null, TimeSpan? wait = null)
        {
            first?.Invoke();
            return new(null, trouble, false, wait);
        }
    }
}
