using System.Buffers.Text;
using System.Text.Json;
using MlOps.Containers.Docker.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>Images.</summary>
public sealed partial class DockerClient
{
    /// <summary>Loads an image archive, such as <see cref="ImageArchive"/> writes.</summary>
    /// <param name="tar">Read from where it stands to its end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The names, or where an image has none its ID, as the engine tells them.</returns>
    /// <exception cref="DiagnosticException">MLO8152: the engine cannot load it.</exception>
    public async Task<IReadOnlyList<string>> LoadAsync(Stream tar, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Post, "/images/load", "load an image") with { Body = moved => new TarContent(tar, moved), Patience = Options.UnpackTimeout };
        await using var answer = await _http.SendAsync(request, cancellationToken);
        var loaded = new List<string>();
        await foreach (var message in MessagesAsync(answer, request, cancellationToken))
        {
            // podman tells several in one line.
            if (message.Stream is { } told && told.StartsWith("Loaded image", StringComparison.Ordinal))
            {
                loaded.AddRange(told[(told.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            }
        }

        return loaded.Count > 0 ? loaded : throw request.Errand.Truncated("the engine does not tell what it loaded");
    }

    /// <summary>Lets the engine fetch an image from its registry, with this machine's credentials for it.</summary>
    /// <param name="image">With a digest, a tag or neither: then <c>latest</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The image as the engine has it now.</returns>
    /// <exception cref="DiagnosticException">MLO8152, or one with the registry's status: it cannot be fetched.</exception>
    public async Task<DockerImage> PullAsync(Reference image, CancellationToken cancellationToken)
    {
        var version = image.Digest?.ToString() ?? image.Tag ?? "latest";
        var request = Ask(HttpMethod.Post, $"/images/create?fromImage={Uri.EscapeDataString($"{image.Registry}/{image.Repository}")}&tag={Uri.EscapeDataString(version)}", $"pull image {image}")
            with { Patience = Options.UnpackTimeout };
        request = await WithCredentialsAsync(request, image, cancellationToken);
        await using (var answer = await _http.SendAsync(request, cancellationToken))
        {
            await foreach (var _ in MessagesAsync(answer, request, cancellationToken))
            {
            }
        }

        var name = $"{image.Registry}/{image.Repository}{(image.Digest is null ? ":" : "@")}{version}";
        return await InspectImageAsync(name, cancellationToken) ?? throw request.Errand.Truncated("the engine ended without an error and does not have it");
    }

    /// <summary>An image that the engine has, or null.</summary>
    /// <param name="image">Its name, or ID.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<DockerImage?> InspectImageAsync(string image, CancellationToken cancellationToken)
    {
        var doing = $"inspect image {image}";
        return await FindAsync($"/images/{EngineRequest.Name(image)}/json", doing, DockerJson.Default.ImageAnswer, cancellationToken) is not { } answer ? null
            : Digest.TryParse(answer.Id, out var id) ? answer.ToImage(id)
            : throw new EngineErrand(Endpoint.ToString(), doing).NotUnderstood("it tells no ID of the image");
    }

    /// <summary>Gives an image a further name; another image that has it loses it.</summary>
    /// <param name="image">Its name, or ID.</param>
    /// <param name="repository">Such as <c>city/bike-demand</c>, or with a registry before it.</param>
    /// <param name="tag">Such as <c>1.2.0</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task TagAsync(string image, string repository, string tag, CancellationToken cancellationToken)
    {
        var path = $"/images/{EngineRequest.Name(image)}/tag?repo={Uri.EscapeDataString(repository)}&tag={Uri.EscapeDataString(tag)}";
        await using var answer = await _http.SendAsync(Ask(HttpMethod.Post, path, $"tag image {image} as {repository}:{tag}"), cancellationToken);
    }

    /// <summary>Removes a name, and the image with its last name; false if it is not there.</summary>
    /// <param name="image">Its name, or ID.</param>
    /// <param name="force">Also if it has several names, or a stopped container is made of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8148: a container is made of it.</exception>
    public async Task<bool> RemoveImageAsync(string image, bool force, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Delete, $"/images/{EngineRequest.Name(image)}{(force ? "?force=true" : "")}", $"remove image {image}") with { MayBeAbsent = true, Patience = Options.UnpackTimeout };
        await using var answer = await _http.SendAsync(request, cancellationToken);
        return !answer.IsAbsent;
    }

    /// <summary>What the registry has under a name, as the engine sees it; null if it is not there. Nothing is fetched. podman does not know this call.</summary>
    /// <param name="image">A name in a registry.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Descriptor?> DistributionAsync(Reference image, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Get, $"/distribution/{EngineRequest.Name(image.ToString())}/json", $"ask the registry for {image}") with { MayBeAbsent = true };
        request = await WithCredentialsAsync(request, image, cancellationToken);
        await using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.IsAbsent ? null
            : (await answer.JsonAsync(DockerJson.Default.DistributionAnswer, cancellationToken)).Descriptor is { MediaType: { } type, Digest: var digest, Size: var size } && Digest.TryParse(digest, out var content)
            ? new() { MediaType = type, Digest = content, Size = size }
            : throw request.Errand.NotUnderstood("it tells no descriptor");
    }

    // An error may come after a status that says that all is well.
    private static async IAsyncEnumerable<ProgressMessage> MessagesAsync(
        EngineAnswer answer, EngineRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in answer.ValuesAsync(DockerJson.Default.ProgressMessage, cancellationToken))
        {
            if ((message.ErrorDetail?.Message ?? message.Error) is { } error)
            {
                throw request.Errand.FailedWithin(error);
            }

            yield return message;
        }
    }

    private async Task<EngineRequest> WithCredentialsAsync(EngineRequest request, Reference image, CancellationToken cancellationToken)
    {
        if (await Options.Credentials.FindAsync(image.Registry, image.Repository, cancellationToken) is not { } credential)
        {
            return request;
        }

        var login = new RegistryLogin
        {
            ServerAddress = image.Registry,
            UserName = credential.Kind == CredentialKind.Password ? credential.UserName : null,
            Password = credential.Kind == CredentialKind.Password ? credential.Secret : null,
            IdentityToken = credential.Kind == CredentialKind.IdentityToken ? credential.Secret : null,
            RegistryToken = credential.Kind == CredentialKind.RegistryToken ? credential.Secret : null,
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(login, DockerJson.Default.RegistryLogin);

        // With padding: engines decode by the padded alphabet.
        var header = Base64Url.EncodeToString(json) + new string('=', (3 - (json.Length % 3)) % 3);
        return request with { Headers = headers => headers.Add("X-Registry-Auth", header) };
    }
}
