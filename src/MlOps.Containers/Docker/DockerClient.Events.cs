using System.Runtime.CompilerServices;
using MlOps.Containers.Docker.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>Events.</summary>
public sealed partial class DockerClient
{
    /// <summary>What happens, as it happens, without end unless one is given.</summary>
    /// <param name="filter">Which of it.</param>
    /// <param name="cancellationToken">Ends it; leaving the loop does as well.</param>
    public async IAsyncEnumerable<DockerEvent> EventsAsync(EventFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filters = Filters(new() { ["type"] = filter.Types, ["event"] = filter.Actions, ["container"] = filter.Containers, ["label"] = filter.Labels });
        var path = $"/events?{(filter.Since is { } since ? $"since={Seconds(since)}&" : "")}{(filter.Until is { } until ? $"until={Seconds(until)}&" : "")}{filters.TrimStart('&')}";
        await using var answer = await _http.SendAsync(Ask(HttpMethod.Get, path.TrimEnd('?', '&'), "read the engine's events") with { IsLive = true }, cancellationToken);
        await foreach (var happened in answer.ValuesAsync(DockerJson.Default.EventMessage, cancellationToken))
        {
            yield return happened.ToEvent();
        }
    }
}

/// <summary>Which events. A list that is empty lets all pass; else one of it must fit, and of the labels all.</summary>
public sealed record EventFilter
{
    /// <summary>Such as <c>container</c> and <c>image</c>.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Such as <c>start</c>, <c>die</c>, <c>health_status</c>.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>Names or IDs.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>Each <c>NAME</c> or <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Also what happened from then on; null for what happens from now on.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Ends then; null for never.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Something that happened in an engine.</summary>
/// <param name="Time">When.</param>
/// <param name="Type">To what kind of thing: <c>container</c>, <c>image</c>, <c>network</c>, …</param>
/// <param name="Action">What: <c>start</c>, <c>die</c>, <c>health_status: healthy</c>, …</param>
/// <param name="Id">The thing's ID.</param>
/// <param name="Attributes">Facts by name, its labels too: <c>name</c>, <c>exitCode</c>, …</param>
public sealed record DockerEvent(DateTimeOffset Time, string Type, string Action, string Id, IReadOnlyDictionary<string, string> Attributes);
