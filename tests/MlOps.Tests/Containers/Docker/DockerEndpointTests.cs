using MlOps.Containers.Docker;
using MlOps.Content;

namespace MlOps.Tests.Containers.Docker;

/// <summary>Addresses of engines.</summary>
public sealed class DockerEndpointTests
{
    [Theory]
    [InlineData("unix:///var/run/docker.sock", null, "/var/run/docker.sock", "http://docker/")]
    [InlineData("tcp://127.0.0.1:2375", null, null, "http://127.0.0.1:2375/")]
    [InlineData("tcp://[::1]:2375", null, null, "http://[::1]:2375/")]
    [InlineData("tcp://localhost:2375/", null, null, "http://localhost:2375/")]
    [InlineData("tcp://engine.example.org:2376", "/certificates", null, "https://engine.example.org:2376/")]
    [InlineData("unix:///run/docker.sock", "/certificates", "/run/docker.sock", "http://docker/")]
    public void An_address_is_read(string text, string? certificates, string? socket, string root)
    {
        var endpoint = DockerEndpoint.Parse(text, certificates);
        Assert.Equal((socket, root, text), (endpoint.Socket, endpoint.Root.ToString(), endpoint.ToString()));
        Assert.Equal(socket is null ? certificates : null, endpoint.Certificates);
    }

    [Theory]
    [InlineData("ssh://root@engine.example.org", "not by ssh://")]
    [InlineData("npipe:////./pipe/docker_engine", "not by npipe://")]
    [InlineData("tcp://engine.example.org:2375", "plain http is for this machine only")]
    [InlineData("tcp://10.0.0.1:2375", "plain http is for this machine only")]
    [InlineData("tcp://127.0.0.1", "tcp://HOST:PORT")]
    [InlineData("tcp://user:secret@127.0.0.1:2375", "tcp://HOST:PORT")]
    [InlineData("tcp://127.0.0.1:2375/path", "tcp://HOST:PORT")]
    [InlineData("tcp://127.0.0.1:2375?query", "tcp://HOST:PORT")]
    [InlineData("tcp://127.0.0.1:99999", "tcp://HOST:PORT")]
    [InlineData("tcp://", "tcp://HOST:PORT")]
    [InlineData("unix://", "starts with '/'")]
    [InlineData("unix://relative/docker.sock", "starts with '/'")]
    [InlineData("unix:///0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789", "at most 107 bytes")]
    [InlineData("/var/run/docker.sock", "no protocol")]
    [InlineData("", "no protocol")]
    public void Another_one_is_refused_with_the_reason(string text, string reason)
    {
        var diagnostic = Assert.Single(Assert.Throws<DiagnosticException>(() => DockerEndpoint.Parse(text)).Diagnostics);
        Assert.Equal(("MLO8140", "DOCKER_HOST"), (diagnostic.Code, diagnostic.Where));
        Assert.Contains(reason, diagnostic.Why, StringComparison.Ordinal);
        Assert.NotNull(diagnostic.Mend);
        Assert.DoesNotContain("secret", diagnostic.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_that_cannot_be_read_are_named()
    {
        var endpoint = DockerEndpoint.Parse("tcp://127.0.0.1:2376", "/no/such/folder");
        var diagnostic = Assert.Single(Assert.Throws<DiagnosticException>(() => new DockerClient(new() { Endpoint = endpoint }).Dispose()).Diagnostics);
        Assert.Equal(("MLO8143", "/no/such/folder"), (diagnostic.Code, diagnostic.Where));
    }
}
