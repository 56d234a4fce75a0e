namespace MlOps.Containers.Docker;

/// <summary>How a <see cref="DockerClient"/> behaves.</summary>
public sealed record DockerOptions
{
    private readonly DockerEndpoint? _endpoint;

    /// <summary>Where the engine listens; default what <c>DOCKER_HOST</c> says, which nobody reads where another is given.</summary>
    public DockerEndpoint Endpoint
    {
        get => _endpoint ?? DockerEndpoint.FromEnvironment();
        init => _endpoint = value;
    }

    /// <summary>Who one is to the registries from which the engine pulls; default the files of <c>docker login</c> and <c>podman login</c>.</summary>
    public CredentialStore Credentials { get; init; } = CredentialStore.FromEnvironment();

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a connection may take to come about; default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the engine may keep still while an answer is due; default 60 s. Nothing bounds the waiting for what a container does.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much longer it may keep still while it puts layers of an image in their place; default 10 min.</summary>
    public TimeSpan UnpackTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
