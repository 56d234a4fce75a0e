using System.Security.Cryptography;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class PublicKeyTests
{
    private static readonly PublicKey Key = Make();

    [Theory]
    [InlineData("", null)]
    [InlineData("# made by hand\n\n", null)]
    [InlineData("not-after: 2027-01-31\n", "2027-01-31")]
    [InlineData("# ours\r\nnot-after:2027-01-31  \r\n", "2027-01-31")]
    public void A_file_may_say_until_when_the_key_counts(string header, string? notAfter)
    {
        var read = PublicKey.FromPem(header + Key.ToPem(), "release.pub");
        Assert.Equal((Key.Id, notAfter), (read.Id, read.NotAfter?.ToString("O")));
        Assert.Equal(read.NotAfter, PublicKey.FromPem(read.ToPem(), "again").NotAfter);
    }

    [Theory]
    [InlineData("not_after: 2027-01-31\n", 1)]
    [InlineData("\nNot-After: 2027-01-31\n", 2)]
    [InlineData("not-after: 31.01.2027\n", 1)]
    [InlineData("not-after: 2027-02-30\n", 1)]
    [InlineData("not-after:\n", 1)]
    [InlineData("not-after: 2027-01-31\nnot-after: 2029-01-31\n", 2)]
    [InlineData("ours\n", 1)]
    public void A_line_that_is_not_understood_is_refused(string header, int line)
    {
        var problem = Assert.Throws<DiagnosticException>(() => PublicKey.FromPem(header + Key.ToPem(), "release.pub")).Diagnostics[0];
        Assert.Equal(("MLO7205", $"release.pub:{line}"), (problem.Code, problem.Where));
    }

    [Fact]
    public void The_end_is_the_last_moment_of_its_day_in_utc()
    {
        var key = Key.Until(new(2027, 1, 31));
        Assert.False(key.IsExpired(new(2027, 1, 31, 23, 59, 59, TimeSpan.Zero)));
        Assert.True(key.IsExpired(new(2027, 2, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.False(key.IsExpired(new(2027, 2, 1, 1, 0, 0, TimeSpan.FromHours(2))));
        Assert.False(Key.IsExpired(DateTimeOffset.MaxValue));
    }

    public static TheoryData<string> Foreign()
    {
        using var rsa = RSA.Create(2048);
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var own = SigningKey.Create();
        return ["", "key", rsa.ExportSubjectPublicKeyInfoPem(), wide.ExportSubjectPublicKeyInfoPem(), own.ToPem(), own.Public.ToPem() + Key.ToPem(), Key.ToPem() + "not-after: 2020-01-01\n",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"];
    }

    [Theory]
    [MemberData(nameof(Foreign), DisableDiscoveryEnumeration = true)]
    public void Other_keys_and_other_files_are_refused(string text) =>
        Assert.Equal("MLO7204", Assert.Throws<DiagnosticException>(() => PublicKey.FromPem(text, "release.pub")).Diagnostics[0].Code);

    private static PublicKey Make()
    {
        using var key = SigningKey.Create();
        return key.Public;
    }
}
