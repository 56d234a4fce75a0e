using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Tests.Content;

namespace MlOps.Tests.Packaging;

public sealed class SigningKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _key = SigningKey.Create();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("pass wörd")]
    public void A_key_comes_back_from_its_file(string? password)
    {
        var path = Path.Join(_folder.Root, "release.key");
        _key.Write(path, password);
        using var read = SigningKey.Read(path, password);
        Assert.Equal(_key.Public.Id, read.Public.Id);
        Assert.True(_key.Public.Verify("x"u8, read.Sign("x"u8)));
        Assert.False(_key.Public.Verify("y"u8, read.Sign("x"u8)));
    }

    [SkippableFact]
    public void Its_file_is_for_its_owner_alone()
    {
        var path = Path.Join(_folder.Root, "release.key");
        _key.Write(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(path));
    }

    [Fact]
    public void A_file_that_is_there_is_left_as_it_is()
    {
        var path = _folder.Write("release.key", "precious");
        Assert.Equal("MLO7203", Assert.Throws<DiagnosticException>(() => _key.Write(path)).Diagnostics[0].Code);
        Assert.Equal("precious", File.ReadAllText(path));
    }

    [SkippableFact]
    public void A_link_to_nowhere_is_not_written_through()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        var (link, target) = (Path.Join(_folder.Root, "release.key"), Path.Join(_folder.Root, "elsewhere"));
        File.CreateSymbolicLink(link, target);
        Assert.Equal("MLO7203", Assert.Throws<DiagnosticException>(() => _key.Write(link)).Diagnostics[0].Code);
        Assert.False(File.Exists(target));
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void A_file_that_others_can_open_is_refused(UnixFileMode more)
    {
        var path = Path.Join(_folder.Root, "release.key");
        _key.Write(path);
        AddMode(path, more);
        var problem = Assert.Throws<DiagnosticException>(() => SigningKey.Read(path)).Diagnostics[0];
        Assert.Equal("MLO7201", problem.Code);
        Assert.StartsWith($"chmod 600 {path}", problem.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_may_hold_its_lines_escaped()
    {
        using var read = SigningKey.FromPem(_key.ToPem().ReplaceLineEndings("\\n"), "RELEASE_KEY");
        Assert.Equal(_key.Public.Id, read.Public.Id);
    }

    [Theory]
    [InlineData("", "MLO7202")]
    [InlineData("s3cret", "MLO7202")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "MLO7202")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----", "MLO7202")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "MLO7206")]
    public void What_is_no_key_is_refused_without_showing_it(string text, string code)
    {
        var failure = Assert.Throws<DiagnosticException>(() => SigningKey.FromPem(text, "RELEASE_KEY"));
        Assert.Equal((code, "RELEASE_KEY"), (failure.Diagnostics[0].Code, failure.Diagnostics[0].Where));
        Assert.DoesNotContain("s3cret", failure.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Foreign()
    {
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        return new()
        {
            { wide.ExportPkcs8PrivateKeyPem(), "curve P-256" },
            { wide.ExportECPrivateKeyPem(), "curve P-256" },
            { rsa.ExportPkcs8PrivateKeyPem(), "one ECDSA key" },
            { rsa.ExportRSAPrivateKeyPem(), "one ECDSA key" },
        };
    }

    [Theory]
    [MemberData(nameof(Foreign), DisableDiscoveryEnumeration = true)]
    public void A_key_of_another_kind_is_refused(string pem, string why)
    {
        var problem = Assert.Throws<DiagnosticException>(() => SigningKey.FromPem(pem, "release.pem")).Diagnostics[0];
        Assert.Equal(("MLO7202", "release.pem"), (problem.Code, problem.Where));
        Assert.Contains(why, problem.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_or_a_folder_is_told() =>
        Assert.All(["absent.pem", "absent/key.pem", "."], name => Assert.Equal("MLO7250", Assert.Throws<DiagnosticException>(() => SigningKey.Read(Path.Join(_folder.Root, name))).Diagnostics[0].Code));

    [Fact]
    public void The_public_half_and_two_keys_are_no_private_key()
    {
        using var other = SigningKey.Create();
        Assert.Equal("MLO7202", Assert.Throws<DiagnosticException>(() => SigningKey.FromPem(_key.Public.ToPem(), "x")).Diagnostics[0].Code);
        Assert.Equal("MLO7202", Assert.Throws<DiagnosticException>(() => SigningKey.FromPem(_key.ToPem() + other.ToPem(), "x")).Diagnostics[0].Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public void An_encrypted_key_needs_its_password(string? password) =>
        Assert.Equal("MLO7206", Assert.Throws<DiagnosticException>(() => SigningKey.FromPem(_key.ToPem("right"), "x", password)).Diagnostics[0].Code);

    [Fact]
    public void No_text_shows_the_secret() => Assert.Equal($"private key of {_key.Public.Id}", _key.ToString());

    private static UnixFileMode Mode(string path)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes");
        return !OperatingSystem.IsWindows() ? File.GetUnixFileMode(path) : default;
    }

    private static void AddMode(string path, UnixFileMode more)
    {
        var mode = Mode(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode | more);
        }
    }
}
