using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MlOps.Content;

namespace MlOps.Serving.Http;

/// <summary>The certificate that the service shows, with its chain, read again when its files change: renewing it needs no restart.</summary>
internal sealed class Certificate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TlsFiles _files;
    private readonly ILogger? _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private Digest _content;
    private long _checked;

    /// <summary>Reads it.</summary>
    /// <exception cref="DiagnosticException">MLO7024: there is none, or not with its key.</exception>
    public Certificate(TlsFiles files, TimeProvider time, ILogger? logger = null)
    {
        (_files, _time, _logger, _checked) = (files, time, logger, time.GetTimestamp());
        try
        {
            (_current, _content) = Read();
        }
        catch (Exception problem) when (IsUnfit(problem))
        {
            throw new DiagnosticException(new Diagnostic("MLO7024", "the service's certificate cannot be used")
            {
                Where = files.Certificate,
                Why = problem.Message,
                Mend = "name PEM files of a certificate (with its chain) and of its private key, which the service may read",
            });
        }
    }

    /// <summary>The one that counts now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_checked) >= Patience)
                {
                    _checked = _time.GetTimestamp();
                    Refresh();
                }

                return _current;
            }
        }
    }

    private void Refresh()
    {
        try
        {
            // By content: of a file behind a link, as orchestrators mount secrets, only what the link points to becomes another.
            if (ContentOf() != _content)
            {
                // The one before is not disposed: handshakes may be using it.
                (_current, _content) = Read();
            }
        }
        catch (Exception problem) when (IsUnfit(problem))
        {
            // Half written, perhaps; the next look tells.
            if (_logger is not null)
            {
                Log.CertificateKept(_logger, problem.Message);
            }
        }
    }

    private (SslStreamCertificateContext Context, Digest Content) Read()
    {
        var content = ContentOf();
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_files.Certificate);
#pragma warning disable CA2000 // The context keeps it for as long as connections use it.
        var own = X509Certificate2.CreateFromPemFile(_files.Certificate, _files.Key);
#pragma warning restore CA2000
        // Offline: nothing is fetched for a handshake.
        return (SslStreamCertificateContext.Create(own, chain, offline: true), content);
    }

    private Digest ContentOf() => Digest.Of($"{Digest.Of(File.ReadAllBytes(_files.Certificate))} {Digest.Of(File.ReadAllBytes(_files.Key))}");

    private static bool IsUnfit(Exception problem) => problem is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;
}
