namespace MlOps.Tests.Pipelines;

/// <summary>What images stand on, as <c>nuke.json</c> names it.</summary>
public sealed class ImageBaseTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("debian")]
    [InlineData($"registry.example.org/team/base@{Digest}")]
    [InlineData($"127.0.0.1:5000/base:12@{Digest}")]
    public void A_base_by_digest_is_taken(string named)
    {
        using var workspace = DeclaredWorkspace.Of($$"""  "image": { "base": "{{named}}" }""");
        Assert.Equal(named, workspace.Load().Manifest.Image!.Base);
    }

    [Theory]
    [InlineData("debain", "a registry's host")]
    [InlineData("debian:12", "a registry's host")]
    [InlineData("registry.example.org/team/base", "tomorrow")]
    [InlineData("registry.example.org/team/base:12", "tomorrow")]
    [InlineData("registry.example.org/team/base@sha256:0123", "no sha256 digest")]
    [InlineData("registry.example.org/Team@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "no repository")]
    public void Any_other_is_told_with_its_line(string named, string why)
    {
        using var workspace = DeclaredWorkspace.Of($$"""  "image": { "base": "{{named}}" }""");
        var problem = workspace.Refused();
        Assert.Equal(("MLO2291", "nuke.json:2"), (problem.Code, problem.Where));
        Assert.Contains(why, problem.Why, StringComparison.Ordinal);
        Assert.Contains("skopeo inspect", problem.Mend, StringComparison.Ordinal);
    }
}
