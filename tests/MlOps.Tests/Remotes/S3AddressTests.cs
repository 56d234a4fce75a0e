using MlOps.Content;
using MlOps.Remotes;
using MlOps.Tests.Remotes.S3;

namespace MlOps.Tests.Remotes;

[CollectionDefinition("environment", DisableParallelization = true)]
public sealed class EnvironmentOfProcess;

[Collection("environment")]
public sealed class S3AddressTests
{
    [Theory]
    [InlineData("s3://", null)]
    [InlineData("s3://AB", null)]
    [InlineData("s3://KEY:secret@bucket", null)]
    [InlineData("s3://bucket/a//b", null)]
    [InlineData("s3://bucket/../b", null)]
    [InlineData("s3://bucket", "http://storage.example.org")]
    [InlineData("s3://bucket", "http://127.0.0.1.example.org")]
    [InlineData("s3://bucket", "https://KEY:secret@storage.example.org")]
    [InlineData("s3://bucket", "https://storage.example.org/?token=secret")]
    [InlineData("s3://bucket", "storage.example.org")]
    public void A_wrong_declaration_is_refused_without_showing_secrets(string address, string? endpoint)
    {
        var thrown = Assert.Throws<DiagnosticException>(() => MlOps.Remotes.Remotes.Open(new(address) { Endpoint = endpoint }, "/"));
        Assert.Equal("MLO8230", thrown.Diagnostics.Single().Code);
        Assert.DoesNotContain("secret", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://bucket", null)]
    [InlineData("s3://my.bucket-1/a/b_c", "https://storage.example.org:9000")]
    [InlineData("s3://bucket/a", "http://localhost:9000")]
    [InlineData("s3://bucket/a", "http://[::1]:9000")]
    public async Task A_right_one_is_opened_without_asking_anybody(string address, string? endpoint)
    {
        await using var remote = MlOps.Remotes.Remotes.Open(new(address) { Endpoint = endpoint }, "/");
        Assert.Equal(address, remote.Address);
    }

    [Fact]
    public async Task Without_credentials_the_user_is_told_where_they_belong()
    {
        using var _ = Without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        await using var remote = MlOps.Remotes.Remotes.Open(new("s3://bucket") { Endpoint = "http://127.0.0.1:1" }, "/");
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => remote.FetchRecordAsync(Digest.Of("x"), default));
        Assert.Equal("MLO8231", thrown.Diagnostics.Single().Code);
        Assert.Contains("AWS_ACCESS_KEY_ID", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_of_the_user_signs()
    {
        using var _ = Without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        using var folder = new Content.TemporaryFolder();
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", folder.Write("credentials", "[default]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = profile-secret\n"));
        using var server = new HostileServer(_ => HostileServer.Answer(200, "r"u8.ToArray()));
        await using var remote = MlOps.Remotes.Remotes.Open(new("s3://bucket") { Endpoint = server.Endpoint }, "/");
        Assert.Equal("r"u8.ToArray(), await remote.FetchRecordAsync(Digest.Of("x"), default));
        var signature = server.Requests.Single().Headers["Authorization"];
        Assert.Contains("Credential=PROFILEKEY/", signature, StringComparison.Ordinal);
        Assert.DoesNotContain("profile-secret", string.Join(' ', server.Requests.Single().Headers.Values), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n[b]\naws_access_key_id = K\naws_secret_access_key = hidden\n", "a role")]
    [InlineData("[default]\ncredential_process = /bin/false hidden\n", "program")]
    [InlineData("[default\nhidden\n", "not well formed")]
    public async Task Credentials_that_give_no_keys_are_told_without_what_stands_in_the_file(string profile, string why)
    {
        using var _ = Without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        using var folder = new Content.TemporaryFolder();
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", folder.Write("credentials", profile));
        await using var remote = MlOps.Remotes.Remotes.Open(new("s3://bucket") { Endpoint = "http://127.0.0.1:1" }, "/");
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => remote.FetchRecordAsync(Digest.Of("x"), default));
        Assert.Equal("MLO8239", thrown.Diagnostics.Single().Code);
        Assert.Contains(why, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_in_variables_need_no_file_in_order()
    {
        using var _ = Without();
        using var folder = new Content.TemporaryFolder();
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", folder.Write("credentials", "[default\n"));
        using var server = new HostileServer(_ => HostileServer.Answer(200, "r"u8.ToArray()));
        await using var remote = MlOps.Remotes.Remotes.Open(new("s3://bucket") { Endpoint = server.Endpoint }, "/");
        Assert.Equal("r"u8.ToArray(), await remote.FetchRecordAsync(Digest.Of("x"), default));
    }

    private static Restore Without(params string[] variables)
    {
        TestCredentials.Set();
        foreach (var variable in variables)
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        return new();
    }

    private sealed class Restore : IDisposable
    {
        public void Dispose() => TestCredentials.Set();
    }
}
