using System.Diagnostics;
using MlOps.Containers;
using MlOps.Containers.Docker;
using MlOps.Content;

namespace MlOps.Tests.Containers.Docker;

/// <summary>Images of a real engine.</summary>
[Collection(DockerEngine.Collection)]
public sealed class DockerImageTests(DockerEngine engine) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-images-").FullName;

    [SkippableFact]
    public async Task The_engine_speaks_a_version_that_both_know()
    {
        var client = engine.Require();
        var spoken = await client.PingAsync(default);
        var version = await client.VersionAsync(default);
        Assert.InRange(spoken, new(1, 40), new(1, 44));
        Assert.True(spoken <= Version.Parse(version.Api));
        Assert.Equal("linux", version.Os);
    }

    [SkippableFact]
    public async Task An_image_archive_is_loaded_and_its_id_is_the_digest_of_its_configuration()
    {
        var client = engine.Require();
        var image = BusyboxImage.Require("city/loaded:1.0.0", "loaded");
        Assert.Equal([image.Name], await client.LoadAsync(image.ToArchive(), default));

        var loaded = (await client.InspectImageAsync(image.Name, default))!;
        Assert.Equal(image.Id, loaded.Id);
        Assert.Equal([image.Layer.DiffId], loaded.DiffIds);
        Assert.Equal(("linux", "amd64", "65532:65532", "loaded"), (loaded.Platform.Os, loaded.Platform.Architecture, loaded.User, loaded.Labels["org.example.marker"]));
        Assert.InRange(loaded.Size, new FileInfo("/bin/busybox").Length, long.MaxValue);

        await client.TagAsync(image.Name, "city/named", "2", default);
        Assert.Equal(["city/loaded:1.0.0", "city/named:2"], (await client.InspectImageAsync(image.Id.ToString(), default))!.Tags.Order(StringComparer.Ordinal));

        Assert.True(await client.RemoveImageAsync("city/named:2", force: false, default));
        Assert.True(await client.RemoveImageAsync(image.Name, force: false, default));
        Assert.False(await client.RemoveImageAsync(image.Name, force: false, default));
        Assert.Null(await client.InspectImageAsync(image.Id.ToString(), default));
    }

    [SkippableFact]
    public async Task A_tar_that_is_no_image_is_refused_with_the_engines_words()
    {
        var client = engine.Require();
        var image = BusyboxImage.Require("city/cut:1.0.0", "cut");
        var whole = image.ToArchive().ToArray();
        await FailsAsync("MLO8152", () => client.LoadAsync(new MemoryStream(new byte[10240]), default));
        await FailsAsync("MLO8152", () => client.LoadAsync(new MemoryStream(whole[..(whole.Length / 2)]), default));
        Assert.Null(await client.InspectImageAsync(image.Name, default));
    }

    [SkippableFact]
    public async Task A_tar_that_cannot_be_read_is_not_the_engines_fault()
    {
        var client = engine.Require();
        var failure = await Assert.ThrowsAsync<IOException>(() => client.LoadAsync(new Unreadable(), default));
        Assert.Equal("the disk is gone", failure.Message);
    }

    [SkippableFact]
    public async Task An_image_is_pulled_by_tag_and_digest_with_this_machines_credentials()
    {
        var here = engine.Require();
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.WithPasswordAsync();
        var credentials = new CredentialStore(Logins.Write(_folder, server.Registry, RegistryServer.User, RegistryServer.Password));
        var image = BusyboxImage.Require("city/pulled", "pulled");
        using var registry = new RegistryClient(server.Registry, new() { Credentials = credentials });
        await image.PushAsync(registry.Repository("city/pulled"), "1.0.0");
        var pushed = Descriptor.Of(image.Manifest.MediaType, image.Manifest.ToBytes());
        var reference = Reference.Parse($"{server.Registry}/city/pulled");

        using var client = new DockerClient(new() { Endpoint = here.Endpoint, Credentials = credentials });
        Assert.Equal(pushed, await client.DistributionAsync(reference with { Tag = "1.0.0" }, default));
        Assert.Null(await client.DistributionAsync(reference with { Tag = "2.0.0" }, default));
        Assert.Equal(image.Id, (await client.PullAsync(reference with { Tag = "1.0.0" }, default)).Id);
        var byDigest = await client.PullAsync(reference with { Digest = pushed.Digest }, default);
        Assert.Equal((image.Id, $"{reference}@{pushed.Digest}"), (byDigest.Id, Assert.Single(byDigest.RepositoryDigests)));

        // An absent tag, nobody's credentials.
        await FailsAsync("MLO8151", () => client.PullAsync(reference with { Tag = "2.0.0" }, default));
        var refused = await FailsAsync("MLO8150", () => here.PullAsync(reference with { Tag = "1.0.0" }, default));
        Assert.Contains("no basic auth credentials", refused.Why, StringComparison.Ordinal);
        await here.RemoveImageAsync(image.Id.ToString(), force: true, default);
    }

    [SkippableFact]
    public async Task An_error_in_the_middle_of_a_pull_is_found()
    {
        var client = engine.Require();
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        var image = BusyboxImage.Require("city/broken", "broken");
        using var registry = new RegistryClient(server.Registry, new() { Credentials = CredentialStore.None });
        await image.PushAsync(registry.Repository("city/broken"), "1.0.0");

        // The manifest is there, the layer's bytes are not.
        Directory.Delete(Path.Join(server.Storage, "docker/registry/v2/blobs/sha256", image.Layer.Descriptor.Digest.Hex[..2], image.Layer.Descriptor.Digest.Hex), recursive: true);
        await FailsAsync("MLO8152", () => client.PullAsync(Reference.Parse($"{server.Registry}/city/broken:1.0.0"), default));
    }

    [SkippableFact]
    public async Task An_engine_is_reached_with_certificates()
    {
        engine.Require();
        Skip.If(engine.Secured is null, "the engine here is not our own");
        var (host, certificates) = engine.Secured!.Value;
        using var client = new DockerClient(new() { Endpoint = DockerEndpoint.Parse(host, certificates) });
        Assert.Equal("linux", (await client.VersionAsync(default)).Os);

        // Somebody else's authority.
        var foreign = Directory.CreateDirectory(Path.Join(_folder, "tls")).FullName;
        File.Copy(Path.Join(certificates, "cert.pem"), Path.Join(foreign, "cert.pem"));
        File.Copy(Path.Join(certificates, "key.pem"), Path.Join(foreign, "key.pem"));
        File.Copy(Path.Join(certificates, "cert.pem"), Path.Join(foreign, "ca.pem"));
        using var mistrusting = new DockerClient(new() { Endpoint = DockerEndpoint.Parse(host, foreign) });
        await FailsAsync("MLO8143", () => mistrusting.VersionAsync(default));
    }

    [SkippableFact]
    public async Task Podman_and_skopeo_read_the_same_archive_with_the_same_digests()
    {
        Skip.IfNot(DockerEngine.Exists("podman") && DockerEngine.Exists("skopeo"), "podman and skopeo are not installed");
        var image = BusyboxImage.Require("city/portable:1.0.0", "portable");
        var file = Path.Join(_folder, "image.tar");
        await File.WriteAllBytesAsync(file, image.ToArchive().ToArray());

        string[] store = ["--root", Path.Join(_folder, "root"), "--runroot", Path.Join(_folder, "run"), "--storage-driver", "vfs"];
        Assert.Contains("city/portable:1.0.0", await RunAsync("podman", [.. store, "load", "--input", file]), StringComparison.Ordinal);
        Assert.Equal(image.Id.Hex, await RunAsync("podman", [.. store, "image", "inspect", "--format", "{{.Id}}", "city/portable:1.0.0"]));

        await RunAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--preserve-digests", $"oci-archive:{file}", $"oci:{_folder}/layout:copied"]);
        Assert.Equal(
            Digest.Of(image.Manifest.ToBytes()).ToString(),
            await RunAsync("skopeo", ["inspect", "--format", "{{.Digest}}", $"oci:{_folder}/layout:copied"]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal static async Task<Diagnostic> FailsAsync(string code, Func<Task> act)
    {
        var diagnostic = Assert.Single((await Assert.ThrowsAsync<DiagnosticException>(act)).Diagnostics);
        Assert.Equal(code, diagnostic.Code);
        Assert.NotNull(diagnostic.Why);
        Assert.NotNull(diagnostic.Mend);
        return diagnostic;
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output.Trim();
    }

    private sealed class Unreadable : MemoryStream
    {
        private bool _read;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            (var first, _read) = (!_read, true);
            return first ? ValueTask.FromResult(buffer.Length) : throw new IOException("the disk is gone");
        }
    }
}
