using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MlOps.Content;

namespace MlOps.Serving.Http;

/// <summary>The certificate that the service shows, read again when its file changes: renewing it needs no restart.</summary>
internal sealed class Certificate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TlsFiles _files;
    private readonly ILogger? _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private X509Certificate2 _current;
    private DateTime _written;
    private long _checked;

    /// <summary>Reads it.</summary>
    /// <exception cref="DiagnosticException">MLO7024: there is none, or not with its key.</exception>
    public Certificate(TlsFiles files, TimeProvider time, ILogger? logger = null)
    {
        (_files, _time, _logger) = (files, time, logger);
        (_written, _checked) = (Written(), time.GetTimestamp());
        try
        {
            _current = Read();
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
    public X509Certificate2 Current
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
        var written = Written();
        if (written == _written)
        {
            return;
        }

        try
        {
            // The one before is not disposed: handshakes may be using it.
            _current = Read();
            _written = written;
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

    private X509Certificate2 Read() => X509Certificate2.CreateFromPemFile(_files.Certificate, _files.Key);

    private DateTime Written() => new[] { File.GetLastWriteTimeUtc(_files.Certificate), File.GetLastWriteTimeUtc(_files.Key) }.Max();

    private static bool IsUnfit(Exception problem) => problem is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;
}
