using FsCheck;
using FsCheck.Fluent;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class PackageVersionTests
{
    [Theory]
    [InlineData("1.2.0")]
    [InlineData("0.0.0")]
    [InlineData("10.20.2147483647")]
    public void What_is_read_is_written(string text) => Assert.Equal(text, PackageVersion.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("01.2.3")]
    [InlineData("1.-2.3")]
    [InlineData("1.2.3-rc")]
    [InlineData(" 1.2.3")]
    [InlineData("1.2.2147483648")]
    [InlineData("v1.2.3")]
    public void What_is_no_version_is_refused(string text) => Assert.False(PackageVersion.TryParse(text, out _));

    [Fact]
    public void Order_is_by_number_not_by_text() => Prop.ForAll<byte, byte, byte>((a, b, c) =>
        new PackageVersion(a, b, c) < new PackageVersion(a, b, c + 1) && new PackageVersion(a, b, c) < new PackageVersion(a, b + 1, 0) && new PackageVersion(a, b, c) < new PackageVersion(a + 1, 0, 0)
        && new PackageVersion(a, b, c) <= PackageVersion.Parse($"{a}.{b}.{c}")).QuickCheckThrowOnFailure();
}
