using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker.Internal;

/// <summary>Questions to one engine, in a version of its API that both sides know; its refusals in words.</summary>
internal sealed class EngineHttp : IDisposable
{
    // 1.41 is the engine that the tests run; up to 1.44, which the newest engines ask for at least, nothing changed that is used here.
    private static readonly Version Oldest = new(1, 40), Newest = new(1, 44);

    private readonly DockerOptions _options;
    private readonly HttpMessageInvoker _invoker;
    private readonly SemaphoreSlim _negotiating = new(1);
    private Version? _version;

    // podman sends the headers of what may take long only with its first word.
    private bool _isPodman;

    public EngineHttp(DockerOptions options)
    {
        _options = options;
#pragma warning disable CA2000 // The invoker disposes of it.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            ConnectCallback = ConnectAsync,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
#pragma warning restore CA2000
        if (options.Endpoint.Certificates is { } folder)
        {
            handler.SslOptions = Secured(folder);
        }

        _invoker = new(handler);
    }

    /// <summary>The version that is spoken; asked for once.</summary>
    public async Task<Version> NegotiateAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _version) is { } known)
        {
            return known;
        }

        await _negotiating.WaitAsync(cancellationToken);
        try
        {
            return _version ??= await AskVersionAsync(cancellationToken);
        }
        finally
        {
            _negotiating.Release();
        }
    }

    /// <summary>The answer, once its headers are here, if it is one that the request allows.</summary>
    public async Task<EngineAnswer> SendAsync(EngineRequest request, CancellationToken cancellationToken)
    {
        var version = await NegotiateAsync(cancellationToken);
        var answer = await SendAsync(request, $"/v{version}{request.Path}", cancellationToken);
        try
        {
            await answer.CheckAsync(cancellationToken);
            return answer;
        }
        catch
        {
            await answer.DisposeAsync();
            throw;
        }
    }

    public void Dispose()
    {
        _negotiating.Dispose();
        _invoker.Dispose();
    }

    private static SslClientAuthenticationOptions Secured(string folder)
    {
        try
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(Path.Join(folder, "ca.pem"));
#pragma warning disable CA2000 // It is used as long as the process runs.
            var own = X509Certificate2.CreateFromPemFile(Path.Join(folder, "cert.pem"), Path.Join(folder, "key.pem"));
#pragma warning restore CA2000
            return new() { ClientCertificates = [own], CertificateChainPolicy = policy };
        }
        catch (Exception e) when (e is CryptographicException || IoFailure.Covers(e))
        {
            throw new DiagnosticException(new Diagnostic("MLO8143", "the certificates for the engine cannot be read")
            {
                Where = folder,
                Why = e.Message,
                Mend = "put ca.pem, cert.pem and key.pem there, or set DOCKER_CERT_PATH to the folder that holds them",
            });
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var path = _options.Endpoint.Socket;
#pragma warning disable CA2000 // The stream disposes of it.
        var socket = path is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true } : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
#pragma warning restore CA2000
        try
        {
            if (path is null)
            {
                // A host that vanished while its answer is waited for is noticed.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            await socket.ConnectAsync(path is null ? context.DnsEndPoint : new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Version> AskVersionAsync(CancellationToken cancellationToken)
    {
        var request = new EngineRequest(HttpMethod.Get, "/_ping", new(_options.Endpoint.ToString(), "reach the Docker Engine"));
        await using var answer = await SendAsync(request, request.Path, cancellationToken);
        await answer.CheckAsync(cancellationToken);
        _isPodman = answer.Header("Libpod-Api-Version") is not null;
        return answer.Header("Api-Version") is not { } text ? throw request.Errand.NotUnderstood("what listens there tells no Api-Version")
            : !Version.TryParse(text, out var server) ? throw request.Errand.NotUnderstood($"its Api-Version is '{EngineErrand.Clean(text)}'")
            : server < Oldest ? throw request.Errand.TooOld(text, Oldest)
            : server < Newest ? server
            : Newest;
    }

    private async Task<EngineAnswer> SendAsync(EngineRequest request, string path, CancellationToken cancellationToken)
    {
        var limit = request.IsLive && _isPodman ? Timeout.InfiniteTimeSpan : _options.StallTimeout + request.Patience;
        using var guard = new StallGuard(limit, _options.Time, cancellationToken);
        using var message = new HttpRequestMessage(request.Method, new Uri(_options.Endpoint.Root, path)) { Content = request.Body?.Invoke(() => guard.Moved()) };
        message.Headers.UserAgent.Add(new("mlops", null));
        request.Headers?.Invoke(message.Headers);
        try
        {
            return new(await _invoker.SendAsync(message, guard.Token), request, _options);
        }
        catch (OperationCanceledException) when (guard.Stalled)
        {
            throw request.Errand.Stalled(limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw request.Errand.NotConnected(_options.ConnectTimeout);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            if (message.Content is TarContent { Failure: { } local })
            {
                ExceptionDispatchInfo.Throw(local);
            }

            throw request.Errand.Lost(e);
        }
    }
}
