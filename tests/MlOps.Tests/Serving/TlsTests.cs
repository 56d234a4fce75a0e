using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MlOps.Content;
using MlOps.Serving;
using MlOps.Serving.Http;

namespace MlOps.Tests.Serving;

/// <summary>HTTPS with files of a certificate.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task It_answers_under_its_certificate_and_nothing_in_the_clear()
    {
        string? subject = null;
        await using var service = await RunningService.StartAsync(folder =>
        {
            Make(folder, "one");
            var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
            return $$"""{ "url": "https://127.0.0.1:0", "tls": { "certificate": "{{folder["tls.crt"]}}", "key": "{{folder["tls.key"]}}" }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
        });
        using var sockets = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    subject = certificate!.Subject;
                    return subject == "CN=one";
                },
            },
        };
        using var http = new HttpClient(sockets) { BaseAddress = service.Url };
        Assert.Equal("https", service.Url.Scheme);
        Assert.Contains("\"ready\":true", await http.GetStringAsync(new Uri("/v2/health/ready", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal("CN=one", subject);
        Assert.Equal((0, ""), HealthCheckTests.Run(service.Url.ToString(), "--health"));
        using var open = new SocketsHttpHandler { UseProxy = false };
        using var plain = new HttpClient(open);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync(new UriBuilder(service.Url) { Scheme = "http" }.Uri));
    }

    /// <summary>Callers know the root alone: what lies between comes with the handshake.</summary>
    [Fact]
    public async Task The_chain_is_shown_with_it()
    {
        var (begin, end) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var betweenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("root", rootKey).CreateSelfSigned(begin, end);
        using var issued = Authority("between", betweenKey).Create(root, begin, end, [1]);
        using var between = issued.CopyWithPrivateKey(betweenKey);
        var request = new CertificateRequest("CN=localhost", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(between, begin, end, [2]);

        await using var service = await RunningService.StartAsync(folder =>
        {
            File.WriteAllText(folder["tls.crt"], $"{leaf.ExportCertificatePem()}\n{issued.ExportCertificatePem()}\n");
            File.WriteAllText(folder["tls.key"], leafKey.ExportPkcs8PrivateKeyPem());
            var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
            return $$"""{ "url": "https://127.0.0.1:0", "tls": { "certificate": "{{folder["tls.crt"]}}", "key": "{{folder["tls.key"]}}" }, "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
        });
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(root);
        using var sockets = new SocketsHttpHandler { UseProxy = false, SslOptions = new() { CertificateChainPolicy = policy } };
        using var http = new HttpClient(sockets) { BaseAddress = service.Url };
        Assert.Contains("true", await http.GetStringAsync(new Uri("/v2/health/ready", UriKind.Relative)), StringComparison.Ordinal);

        static CertificateRequest Authority(string name, ECDsa key) => new($"CN={name}", key, HashAlgorithmName.SHA256)
        {
            CertificateExtensions = { new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true), new X509SubjectKeyIdentifierExtension(new PublicKey(key), critical: false) },
        };
    }

    [Fact]
    public void One_that_is_renewed_is_shown_without_a_restart_and_one_that_is_broken_is_not()
    {
        using var folder = new TemporaryFolder();
        Make(folder, "one");
        var time = new Clock();
        var certificate = new Certificate(new(folder["tls.crt"], folder["tls.key"]), time);
        Assert.Equal("CN=one", certificate.Current.TargetCertificate.Subject);

        Make(folder, "two");
        Assert.Equal("CN=one", certificate.Current.TargetCertificate.Subject);
        time.Now += TimeSpan.FromSeconds(11).Ticks;
        Assert.Equal("CN=two", certificate.Current.TargetCertificate.Subject);

        File.WriteAllText(folder["tls.crt"], "half written");
        time.Now += TimeSpan.FromSeconds(11).Ticks;
        Assert.Equal("CN=two", certificate.Current.TargetCertificate.Subject);
        Make(folder, "three");
        time.Now += TimeSpan.FromSeconds(11).Ticks;
        Assert.Equal("CN=three", certificate.Current.TargetCertificate.Subject);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("no certificate")]
    [InlineData("another's key")]
    public void One_that_cannot_be_used_is_refused(string what)
    {
        using var folder = new TemporaryFolder();
        Make(folder, "one");
        switch (what)
        {
            case "missing":
                File.Delete(folder["tls.key"]);
                break;
            case "no certificate":
                File.WriteAllText(folder["tls.crt"], "-----BEGIN NOTHING-----");
                break;
            default:
                using (var other = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    File.WriteAllText(folder["tls.key"], other.ExportPkcs8PrivateKeyPem());
                }

                break;
        }

        var refused = Assert.Throws<DiagnosticException>(() => new Certificate(new(folder["tls.crt"], folder["tls.key"]), TimeProvider.System));
        Assert.Equal("MLO7024", Assert.Single(refused.Diagnostics).Code);
    }

    [Theory]
    [InlineData("https://127.0.0.1:0", "", "there is no tls")]
    [InlineData("http://127.0.0.1:0", "\"tls\": { \"certificate\": \"a\", \"key\": \"b\" },", "url is not https")]
    public async Task Address_and_files_go_together(string address, string tls, string reason)
    {
        var (exit, output) = await RunningService.RunToEndAsync(folder =>
        {
            var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
            return $$"""{ "url": "{{address}}", {{tls}} "models": [ { "name": "bikes", "path": "{{path}}", "digest": "{{digest}}" } ] }""";
        });
        Assert.Equal(1, exit);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    private static void Make(TemporaryFolder folder, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        File.WriteAllText(folder["tls.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(folder["tls.key"], key.ExportPkcs8PrivateKeyPem());
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
