using System.Globalization;
using System.Net;
using MlOps.Containers.Docker.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>Containers: made, started, stopped, removed. A container is named by its name or ID.</summary>
public sealed partial class DockerClient
{
    // Mounts and networks are put up and taken down without a word.
    private static readonly TimeSpan Working = TimeSpan.FromMinutes(2);

    /// <summary>Makes a container; it does not run yet.</summary>
    /// <exception cref="DiagnosticException">MLO8148: the name is taken. MLO8151: the engine does not have the image.</exception>
    public async Task<CreatedContainer> CreateContainerAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        var query = spec.Name is null ? "" : $"?name={Uri.EscapeDataString(spec.Name)}";
        var request = Ask(HttpMethod.Post, $"/containers/create{query}", $"create container {spec.Name ?? $"of {spec.Image}"}") with { Patience = Working };
        await using var answer = await _http.SendAsync(request.With(CreateBody.Of(spec), DockerJson.Default.CreateBody), cancellationToken);
        var created = await answer.JsonAsync(DockerJson.Default.CreateAnswer, cancellationToken);
        return new(created.Id ?? throw request.Errand.NotUnderstood("it tells no ID of the container"), created.Warnings ?? []);
    }

    /// <summary>Starts a container; false if it runs already.</summary>
    public Task<bool> StartAsync(string container, CancellationToken cancellationToken) => ActAsync(container, "start", "", "start", Working, cancellationToken);

    /// <summary>Stops a container by its stop signal, and kills it if it does not end in time; false if it did not run.</summary>
    /// <param name="container">Its name or ID.</param>
    /// <param name="grace">How long it has, in whole seconds.</param>
    /// <param name="cancellationToken">Ends the waiting, not the stopping.</param>
    public Task<bool> StopAsync(string container, TimeSpan grace, CancellationToken cancellationToken) =>
        ActAsync(container, "stop", string.Create(CultureInfo.InvariantCulture, $"?t={Math.Ceiling(grace.TotalSeconds)}"), "stop", Working + grace, cancellationToken);

    /// <summary>Sends a signal to a container's process.</summary>
    /// <param name="container">Its name or ID.</param>
    /// <param name="signal">Such as <c>SIGHUP</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8148: it does not run.</exception>
    public Task KillAsync(string container, string signal, CancellationToken cancellationToken) =>
        ActAsync(container, "kill", $"?signal={Uri.EscapeDataString(signal)}", $"send {signal} to", Working, cancellationToken);

    /// <summary>Gives a container another name.</summary>
    /// <exception cref="DiagnosticException">MLO8148: the name is taken.</exception>
    public Task RenameAsync(string container, string name, CancellationToken cancellationToken) =>
        ActAsync(container, "rename", $"?name={Uri.EscapeDataString(name)}", "rename", TimeSpan.Zero, cancellationToken);

    /// <summary>Waits until a container does not run, however long.</summary>
    /// <returns>The exit code of its process.</returns>
    public async Task<int> WaitAsync(string container, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Post, $"/containers/{EngineRequest.Name(container)}/wait?condition=not-running", $"wait for container {container}") with { IsLive = true };
        await using var answer = await _http.SendAsync(request, cancellationToken);
        var ended = await answer.JsonAsync(DockerJson.Default.WaitAnswer, cancellationToken);
        return ended.Error?.Message is { Length: > 0 } error ? throw request.Errand.FailedWithin(error)
            : ended.StatusCode ?? throw request.Errand.NotUnderstood("it tells no exit code");
    }

    /// <summary>Removes a container; false if it is not there.</summary>
    /// <param name="container">Its name or ID.</param>
    /// <param name="force">Also if it runs: it is killed.</param>
    /// <param name="volumes">Also the volumes without a name that were made with it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">MLO8148: it runs.</exception>
    public async Task<bool> RemoveContainerAsync(string container, bool force, bool volumes, CancellationToken cancellationToken)
    {
        var path = $"/containers/{EngineRequest.Name(container)}?force={(force ? "true" : "false")}&v={(volumes ? "true" : "false")}";
        await using var answer = await _http.SendAsync(Ask(HttpMethod.Delete, path, $"remove container {container}") with { MayBeAbsent = true, Patience = Working }, cancellationToken);
        return !answer.IsAbsent;
    }

    /// <summary>A container, or null.</summary>
    public async Task<ContainerDetails?> InspectContainerAsync(string container, CancellationToken cancellationToken) =>
        (await FindAsync($"/containers/{EngineRequest.Name(container)}/json", $"inspect container {container}", DockerJson.Default.ContainerAnswer, cancellationToken))?.ToDetails();

    /// <summary>All containers, also those that do not run, that have every one of some labels; newest first.</summary>
    /// <param name="labels">Each <c>NAME</c> or <c>NAME=VALUE</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<ContainerEntry>> ListContainersAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        var path = $"/containers/json?all=true{Filters(new() { ["label"] = labels })}";
        return [.. (await GetAsync(path, "list containers", DockerJson.Default.IReadOnlyListListedContainer, cancellationToken)).OfType<ListedContainer>().Select(listed => listed.ToEntry())];
    }

    /// <summary>True if it was done, false if there was nothing to do.</summary>
    private async Task<bool> ActAsync(string container, string call, string query, string verb, TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = Ask(HttpMethod.Post, $"/containers/{EngineRequest.Name(container)}/{call}{query}", $"{verb} container {container}") with { Patience = patience };
        await using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.Status != HttpStatusCode.NotModified;
    }
}
