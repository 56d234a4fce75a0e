using MlOps.Containers;
using MlOps.Containers.Internal;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Containers;

public sealed class CredentialStoreTests : IDisposable
{
    // me:s3cret:with:colons
    private const string Auth = "bWU6czNjcmV0OndpdGg6Y29sb25z";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("registry.example.org")]
    [InlineData("https://registry.example.org")]
    [InlineData("https://registry.example.org/v1/")]
    [InlineData("registry.example.org/team")]
    public async Task A_login_is_found_under_the_names_that_tools_give_it(string key)
    {
        var store = Of($$"""{ "auths": { "other.example.org": { "auth": "eDp5" }, "{{key}}": { "auth": "{{Auth}}" } }, "psFormat": "x" }""");
        var found = await store.FindAsync("registry.example.org", "team/name", default);
        Assert.Equal(("me", "s3cret:with:colons"), (found!.UserName, found.Secret));
        Assert.DoesNotContain("s3cret", found.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example.org:5000")]
    [InlineData("egistry.example.org")]
    [InlineData("registry.example.org/other")]
    [InlineData("registry.example.org/tea")]
    public async Task Another_registrys_login_is_not_taken(string key) =>
        Assert.Null(await Of($$"""{ "auths": { "{{key}}": { "auth": "{{Auth}}" } } }""").FindAsync("registry.example.org", "team/name", default));

    [Fact]
    public async Task The_most_special_login_counts_and_the_first_file_that_has_one()
    {
        var podman = _folder.Write("auth.json", $$"""{ "auths": { "h.example": { "auth": "eDp5" }, "h.example/team": { "auth": "{{Auth}}" } } }""");
        var store = new CredentialStore(Path.Join(_folder.Root, "missing.json"), _folder.Write("empty.json", "{}"), podman);
        Assert.Equal("me", (await store.FindAsync("h.example", "team/name", default))!.UserName);
        Assert.Equal("x", (await store.FindAsync("h.example", "other", default))!.UserName);
    }

    [Fact]
    public async Task Tokens_are_told_from_passwords()
    {
        var store = Of("""{ "auths": { "a.example": { "auth": "eDp5", "identitytoken": "t1" }, "b.example": { "registrytoken": "t2" } } }""");
        Assert.Equal((CredentialKind.IdentityToken, "t1"), await KindAsync("a.example"));
        Assert.Equal((CredentialKind.RegistryToken, "t2"), await KindAsync("b.example"));

        async Task<(CredentialKind, string)> KindAsync(string registry) => await store.FindAsync(registry, null, default) is { } found ? (found.Kind, found.Secret) : default;
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{ "auths": { "h.example": { "auth": "%%%" } } }""")]
    [InlineData("""{ "auths": { "h.example": { "auth": "bm9jb2xvbg==" } } }""")]
    [InlineData("""{ "credsStore": "no-such-program-here" }""")]
    [InlineData("""{ "credHelpers": { "h.example": "../evil" } }""")]
    public async Task What_cannot_be_used_is_told_with_the_file(string json)
    {
        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => Of(json).FindAsync("h.example", null, default));
        Assert.Equal(("MLO8113", Path.Join(_folder.Root, "config.json")), (failure.Diagnostics[0].Code, failure.Diagnostics[0].Where));
    }

    [Fact]
    public async Task Helper_programs_are_asked()
    {
        var program = _folder.Write("docker-credential-mlops-test", """
            #!/bin/sh
            [ "$1" = get ] || exit 9
            read -r server
            case $server in
              a.example) printf '{"ServerURL":"a.example","Username":"me","Secret":"s3cret"}' ;;
              b.example) printf '{"ServerURL":"b.example","Username":"<token>","Secret":"t1"}' ;;
              c.example) echo 'credentials not found in native keychain'; exit 1 ;;
              *) exit 3 ;;
            esac
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // Programs are looked for where the shell looks; no other test uses this name.
        Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}:{_folder.Root}");
        var store = Of("""{ "credsStore": "mlops-test", "auths": { "a.example": {}, "c.example": { "auth": "eDp5" } } }""");
        Assert.Equal("s3cret", (await store.FindAsync("a.example", null, default))!.Secret);
        Assert.Equal(CredentialKind.IdentityToken, (await store.FindAsync("b.example", null, default))!.Kind);
        Assert.Equal("x", (await store.FindAsync("c.example", null, default))!.UserName);
        var failure = await Assert.ThrowsAsync<DiagnosticException>(() => store.FindAsync("d.example", null, default));
        Assert.Contains("exit code 3", failure.Diagnostics[0].Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Basic realm=\"a, b\"", "basic;realm=a, b")]
    [InlineData("Bearer realm=\"https://t.example/x?y=1\",service=\"s\",scope=\"repository:a/b:pull,push\"", "bearer;realm=https://t.example/x?y=1;service=s;scope=repository:a/b:pull,push")]
    [InlineData("Basic, Bearer Realm = \"q\\\"uote\" , SERVICE=Plain", "basic|bearer;realm=q\"uote;service=Plain")]
    [InlineData("Bearer realm=\"open", "bearer;realm=open")]
    [InlineData(",,=\"\"", "")]
    [InlineData("", "")]
    public void A_challenge_is_read_as_the_standard_says(string header, string expected) =>
        Assert.Equal(expected, string.Join('|', Challenge.Parse([header]).Select(challenge =>
            string.Join(';', challenge.Parameters.Select(parameter => $"{parameter.Key}={parameter.Value}").Prepend(challenge.Scheme)))));

    private CredentialStore Of(string json) => new(_folder.Write("config.json", json));
}
