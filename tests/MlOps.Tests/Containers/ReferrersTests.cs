using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Tests.Containers;

/// <summary>What is attached to a manifest, in registries that list it and in those that do not.</summary>
public sealed class ReferrersTests
{
    private static readonly RegistryOptions Options = new() { Credentials = CredentialStore.None };

    private readonly Artifacts _artifacts = new();

    [SkippableFact]
    public async Task A_real_registry_without_a_list_keeps_it_under_a_tag()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        using var client = new RegistryClient(server.Registry, Options);
        var repository = client.Repository("a");
        var subject = await _artifacts.StoreAsync(repository, _artifacts.Of("model"));
        Assert.Empty(await repository.ReferrersAsync(subject.Digest, null, default));
        var (first, second) = (await AttachAsync(repository, subject, "first"), await AttachAsync(repository, subject, "second"));
        Assert.Equal([first, second], (await repository.ReferrersAsync(subject.Digest, null, default)).Select(each => each.Digest));
        Assert.Equal(2, (await repository.ReferrersAsync(subject.Digest, Artifacts.Attestation, default)).Count);
        Assert.Empty(await repository.ReferrersAsync(subject.Digest, "application/else", default));

        var tag = await repository.GetManifestAsync($"sha256-{subject.Digest.Hex}", default);
        Assert.Equal(second, await AttachAsync(repository, subject, "second"));
        Assert.Equal(tag!.Descriptor, await repository.HeadManifestAsync($"sha256-{subject.Digest.Hex}", default));
        var entry = JsonNode.Parse(tag.Bytes.Span)!["manifests"]![0]!;
        Assert.Equal((MediaTypes.Manifest, Artifacts.Attestation, first.ToString()), ((string?)entry["mediaType"], (string?)entry["artifactType"], (string?)entry["digest"]));
    }

    [SkippableFact]
    public async Task Two_that_write_at_once_lose_nothing()
    {
        Skip.If(RegistryServer.Missing is not null, RegistryServer.Missing);
        await using var server = await RegistryServer.StartAsync();
        using var direct = new RegistryClient(server.Registry, Options);
        var repository = direct.Repository("a");
        var subject = await _artifacts.StoreAsync(repository, _artifacts.Of("model"));
        // Both have read the list before either writes it, and both have written it before either goes on.
        using var forward = new Forwarder(server.Registry);
        var (reads, writes) = (new Meeting(2), new Meeting(2));
        await using var front = await HttpServer.StartAsync(async context =>
        {
            var isList = context.Request.Path.Value!.Contains("/manifests/sha256-", StringComparison.Ordinal);
            using var answer = await forward.AskAsync(context);
            await (!isList ? Task.CompletedTask : context.Request.Method == "GET" ? reads.ArriveAsync() : writes.ArriveAsync());
            await Forwarder.AnswerAsync(answer, context);
        });
        using var one = new RegistryClient(front.Registry, Options);
        using var other = new RegistryClient(front.Registry, Options);
        var (first, second) = (await PrepareAsync(repository, subject, "first"), await PrepareAsync(repository, subject, "second"));
        await Task.WhenAll(one.Repository("a").AttachAsync(subject, [first], default), other.Repository("a").AttachAsync(subject, [second], default));
        Assert.Equal(new[] { Digest.Of(first), Digest.Of(second) }.Order(), (await repository.ReferrersAsync(subject.Digest, null, default)).Select(each => each.Digest).Order());
        Assert.Equal(3, front.Count("PUT", $"/v2/a/manifests/sha256-{subject.Digest.Hex}"));
    }

    [Fact]
    public async Task A_registry_that_lists_them_needs_no_tag_and_is_asked_page_by_page()
    {
        var subject = Descriptor.Of(MediaTypes.Manifest, "subject"u8);
        var all = Enumerable.Range(0, 5).Select(i => _artifacts.About(subject, $"{i}")).ToList();
        await using var server = await HttpServer.StartAsync();
        server.Answer = async context =>
        {
            var (request, response) = (context.Request, context.Response);
            if (request.Method == "PUT")
            {
                response.StatusCode = 201;
                response.Headers["OCI-Subject"] = subject.Digest.ToString();
                return;
            }

            var from = int.Parse(request.Query["from"].FirstOrDefault() ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            response.ContentType = MediaTypes.Index;
            response.Headers.Link = from < 4 ? $"</v2/a/referrers/{subject.Digest}?from={from + 2}>; rel=\"next\"" : default;
            var page = all.Skip(from).Take(2).Select(each => StoredManifest.Of(each).Descriptor with { ArtifactType = from == 2 ? "application/else" : each.ArtifactType });
            await response.Body.WriteAsync(new ImageIndex { Manifests = [.. page] }.ToBytes());
        };
        using var client = new RegistryClient(server.Registry, Options);
        var repository = client.Repository("a");
        await repository.AttachAsync(subject, [.. all.Select(each => (ReadOnlyMemory<byte>)each.ToBytes())], default);
        Assert.Equal(5, server.Count("PUT", "/v2/a/manifests/sha256:"));
        Assert.Equal(0, server.Count("PUT", "/v2/a/manifests/sha256-"));
        Assert.Equal(all.Select(each => Digest.Of(each.ToBytes())), (await repository.ReferrersAsync(subject.Digest, null, default)).Select(each => each.Digest));
        // Also where the registry passes over the filter.
        Assert.Equal(3, (await repository.ReferrersAsync(subject.Digest, Artifacts.Attestation, default)).Count);
        Assert.Equal(1, server.Count("GET", $"/v2/a/referrers/{subject.Digest}?artifactType={Uri.EscapeDataString(Artifacts.Attestation)}"));
    }

    [Fact]
    public async Task What_is_about_something_else_is_not_attached()
    {
        using var client = new RegistryClient("127.0.0.1:1", Options);
        var other = _artifacts.About(_artifacts.Of("another"), "x");
        await Assert.ThrowsAsync<ArgumentException>(() => client.Repository("a").AttachAsync(Descriptor.Of(MediaTypes.Manifest, "subject"u8), [other.ToBytes()], default));
    }

    private async Task<Digest> AttachAsync(MlOps.Containers.Repository repository, Descriptor subject, string text) =>
        Assert.Single(await repository.AttachAsync(subject, [await PrepareAsync(repository, subject, text)], default)).Digest;

    private async Task<byte[]> PrepareAsync(MlOps.Containers.Repository repository, Descriptor subject, string text)
    {
        var manifest = _artifacts.About(subject, text);
        await repository.PutBlobAsync(manifest.Config.Data, default);
        await repository.PutBlobAsync(_artifacts.Blobs[manifest.Layers[0].Digest], default);
        return manifest.ToBytes();
    }

    /// <summary>Lets nobody pass before all are there; whoever comes later passes at once.</summary>
    private sealed class Meeting(int all)
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = all;

        public Task ArriveAsync()
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _complete.SetResult();
            }

#pragma warning disable VSTHRD003 // It ends because of what stands above.
            return _complete.Task;
#pragma warning restore VSTHRD003
        }
    }

    /// <summary>Asks a real registry what a test's server was asked.</summary>
    private sealed class Forwarder(string registry) : IDisposable
    {
        private readonly HttpClient _client = new();

        public async Task<HttpResponseMessage> AskAsync(HttpContext context)
        {
            using var request = new HttpRequestMessage(new(context.Request.Method), $"http://{registry}{context.Request.Path}{context.Request.QueryString}");
            request.Headers.TryAddWithoutValidation("Accept", context.Request.Headers.Accept.ToArray());
            request.Content = context.Request.Method == "PUT" ? new StreamContent(context.Request.Body) { Headers = { ContentType = new(context.Request.ContentType!) } } : null;
            return await _client.SendAsync(request);
        }

        public static async Task AnswerAsync(HttpResponseMessage answer, HttpContext context)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.ContentLength = answer.Content.Headers.ContentLength;
            context.Response.Headers["Docker-Content-Digest"] = answer.Headers.TryGetValues("Docker-Content-Digest", out var digest) ? digest.Single() : default;
            await answer.Content.CopyToAsync(context.Response.Body);
        }

        public void Dispose() => _client.Dispose();
    }
}
