using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using MlOps.Containers;
using MlOps.Containers.Internal;
using MlOps.Content;
using MlOps.Tests.Content;
using static MlOps.Tests.Containers.RealRegistry;

namespace MlOps.Tests.Containers;

public sealed class AuthorizationTests : IDisposable
{
    private const string User = RegistryServer.User, Password = RegistryServer.Password;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task A_real_registry_wants_a_password_and_gets_it()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.WithPasswordAsync();
        using (var client = Client(server.Registry, Password))
        {
            await client.PingAsync(default);
            await client.Repository("a").PutBlobAsync("x"u8.ToArray(), default);
        }

        using (var wrong = Client(server.Registry, "wr0ng-5ecret"))
        {
            var refused = await AssertFailsAsync("MLO8106", () => wrong.Repository("a").HeadBlobAsync(Digest.Of("x"), default));
            Assert.DoesNotContain("wr0ng", refused.ToString(), StringComparison.Ordinal);
            await AssertFailsAsync("MLO8106", () => wrong.PingAsync(default));
        }

        using var nobody = new RegistryClient(server.Registry, new() { Credentials = CredentialStore.None });
        var wanted = await AssertFailsAsync("MLO8105", () => nobody.Repository("a").PutBlobAsync("y"u8.ToArray(), default));
        Assert.Contains($"docker login {server.Registry}", wanted.Mend, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_real_registry_takes_the_tokens_of_its_token_service()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var service = await HttpServer.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=tokens", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var bundle = _folder.Write("tokens.pem", certificate.ExportCertificatePem());
        var chain = Convert.ToBase64String(certificate.RawData);
        service.Answer = context => TokenAsync(context, text => key.SignData(text, HashAlgorithmName.SHA256), chain);
        await using var server = await RegistryServer.StartAsync(
            $"auth:\n  token:\n    realm: http://{service.Registry}/token?tenant=1\n    service: the registry\n    issuer: us\n    rootcertbundle: {bundle}\n");
        using var client = Client(server.Registry, Password);
        var digest = await client.Repository("a/b").PutBlobAsync("x"u8.ToArray(), default);
        await Parallel.ForAsync(0, 20, async (i, token) => Assert.Equal(1, await client.Repository("a/b").HeadBlobAsync(digest, token)));
        Assert.True(await client.Repository("c").MountBlobAsync(digest, "a/b", default));
        // One token for storing, one for reading, one for mounting.
        Assert.Equal(3, service.Count("GET", "/token?tenant=1&service=the%20registry&scope=repository"));
        Assert.All(service.Asked, asked => Assert.StartsWith("Basic ", asked.Authorization, StringComparison.Ordinal));

        using var wrong = Client(server.Registry, "wr0ng");
        await AssertFailsAsync("MLO8106", () => wrong.Repository("a/b").HeadBlobAsync(digest, default));
        using var nobody = new RegistryClient(server.Registry, new() { Credentials = CredentialStore.None });
        await AssertFailsAsync("MLO8105", () => nobody.Repository("a/b").HeadBlobAsync(digest, default));
    }

    [Fact]
    public async Task A_refresh_token_goes_to_the_token_service_only_and_an_old_token_is_replaced()
    {
        var given = 0;
        await using var server = await HttpServer.StartAsync();
        server.Answer = async context =>
        {
            if (context.Request.Path == "/token")
            {
                var form = await context.Request.ReadFormAsync();
                Assert.Equal(("refresh_token", "t1", "repository:a:pull"), (form["grant_type"].ToString(), form["refresh_token"].ToString(), form["scope"].ToString()));
                await context.Response.WriteAsync($$"""{ "access_token": "number-{{++given}}", "expires_in": 3600 }""");
            }
            else if (context.Request.Headers.Authorization == "Bearer number-2")
            {
                context.Response.ContentLength = 5;
            }
            else
            {
                // The first token is refused: it was revoked meanwhile.
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{server.Registry}/token\",service=\"s\"";
            }
        };
        var config = _folder.Write("config.json", $$"""{ "auths": { "{{server.Registry}}": { "identitytoken": "t1" } } }""");
        using var client = new RegistryClient(server.Registry, new() { Credentials = new(config) });
        await AssertFailsAsync("MLO8106", () => client.Repository("a").HeadBlobAsync(Digest.Of("x"), default));
        Assert.Equal(5, await client.Repository("a").HeadBlobAsync(Digest.Of("x"), default));
        Assert.Equal(2, given);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    public async Task Credentials_do_not_go_elsewhere_with_a_redirect(string method)
    {
        await using var elsewhere = await HttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Method == "PUT" ? 201 : 200;
            context.Response.ContentLength = context.Request.Method == "PUT" ? 0 : 1;
            return context.Request.Method == "GET" ? context.Response.WriteAsync("x") : Task.CompletedTask;
        });
        await using var server = await HttpServer.StartAsync();
        server.Answer = context =>
        {
            var known = context.Request.Headers.Authorization.Count > 0;
            context.Response.StatusCode = !known ? 401 : context.Request.Method == "POST" ? 202 : 307;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"r\"";
            context.Response.Headers.Location = context.Request.Method == "POST" ? "/v2/upload?id=1" : $"http://{elsewhere.Registry}/signed";
            return Task.CompletedTask;
        };
        using var client = Client(server.Registry, Password);
        var repository = client.Repository("a");
        Assert.NotNull(method switch
        {
            "GET" => (object?)await repository.GetBlobAsync(Digest.Of("x"), 10, default),
            "HEAD" => await repository.HeadBlobAsync(Digest.Of("x"), default),
            _ => await repository.PutBlobAsync("x"u8.ToArray(), default),
        });
        Assert.Contains(server.Asked, asked => asked.Authorization.StartsWith("Basic ", StringComparison.Ordinal));
        Assert.NotEmpty(elsewhere.Asked);
        Assert.All(elsewhere.Asked, asked => Assert.Equal((method, "/signed", ""), asked));
    }

    [Theory]
    [InlineData("https://a.example/", "https://b.example/", true)]
    [InlineData("https://a.example/", "http://a.example/", false)]
    [InlineData("https://a.example/", "http://127.0.0.1/", false)]
    [InlineData("http://127.0.0.1:1/", "http://127.0.0.1:2/", true)]
    [InlineData("http://127.0.0.1/", "http://a.example/", false)]
    [InlineData("http://127.0.0.1/", "file:///etc/passwd", false)]
    public void What_is_not_encrypted_is_not_followed(string from, string to, bool may) => Assert.Equal(may, Transport.MayFollow(new(from), new(to)));

    private RegistryClient Client(string registry, string password) => new(registry, new() { Credentials = new(Logins.Write(_folder.Root, registry, User, password)) });

    private static async Task TokenAsync(HttpContext context, Func<byte[], byte[]> sign, string chain)
    {
        if (context.Request.Headers.Authorization != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}")
        {
            context.Response.StatusCode = 401;
            return;
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var access = context.Request.Query["scope"].Select(scope => scope!.Split(':')).Select(scope =>
            $$"""{"type":"{{scope[0]}}","name":"{{scope[1]}}","actions":["{{scope[2].Replace(",", "\",\"", StringComparison.Ordinal)}}"]}""");
        var text = $"{Encode($$"""{"typ":"JWT","alg":"ES256","x5c":["{{chain}}"]}""")}.{Encode(
            $$"""{"iss":"us","sub":"{{User}}","aud":"the registry","iat":{{now}},"nbf":{{now - 60}},"exp":{{now + 3600}},"jti":"1","access":[{{string.Join(',', access)}}]}""")}";
        var token = $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
        await context.Response.WriteAsync($$"""{ "token": "{{token}}", "expires_in": 3600 }""");

        static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
    }
}
