using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

public sealed class ReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("registry.example.org/team/name", "registry.example.org", "team/name", null, false)]
    [InlineData("localhost:5000/name:1.2-x", "localhost:5000", "name", "1.2-x", false)]
    [InlineData("[::1]:5000/a__b/c-d.e@sha256:" + Hex, "[::1]:5000", "a__b/c-d.e", null, true)]
    [InlineData("127.0.0.1/name:tag@sha256:" + Hex, "127.0.0.1", "name", "tag", true)]
    public void A_name_is_read_and_written_back(string text, string registry, string repository, string? tag, bool digest)
    {
        var reference = Reference.Parse(text);
        Assert.Equal((registry, repository, tag, digest), (reference.Registry, reference.Repository, reference.Tag, reference.Digest is not null));
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("name")]
    [InlineData("")]
    [InlineData("host/")]
    [InlineData("host/Name")]
    [InlineData("host/a//b")]
    [InlineData("host/../b")]
    [InlineData("host/name:")]
    [InlineData("host/name:-x")]
    [InlineData("host:99999/name")]
    [InlineData("host:x/name")]
    [InlineData("ho st/name")]
    [InlineData("host/name\n")]
    [InlineData("host/name@sha256:12")]
    public void What_is_not_well_formed_is_refused(string text) =>
        Assert.Equal("MLO8101", Assert.Throws<DiagnosticException>(() => Reference.Parse(text)).Diagnostics[0].Code);

    [Theory]
    [InlineData("me:s3cret@host/name")]
    [InlineData("me:s3cret@host/name@sha256:" + Hex)]
    [InlineData("me:s3/cret@host/name")]
    [InlineData("s3cret@host/name:tag")]
    public void Credentials_in_a_name_are_refused_and_not_shown(string text)
    {
        var diagnostic = Assert.Throws<DiagnosticException>(() => Reference.Parse(text)).Diagnostics[0];
        Assert.Equal("MLO8102", diagnostic.Code);
        Assert.DoesNotContain("cret", diagnostic.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.8.9.1:5000/", true)]
    [InlineData("https://[::1]/", true)]
    [InlineData("https://localhost/", true)]
    [InlineData("https://localhost.example.org/", false)]
    [InlineData("https://127.0.0.1.example.org/", false)]
    [InlineData("https://10.0.0.1/", false)]
    public void Plain_http_is_for_this_machine_only(string address, bool loopback) => Assert.Equal(loopback, Reference.IsLoopback(new(address)));
}
