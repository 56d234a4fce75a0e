namespace MlOps.Containers;

/// <summary>How a <see cref="RegistryClient"/> behaves; the defaults suit registries near and far.</summary>
public sealed record RegistryOptions
{
    /// <summary>Who one is, by registry; default the files of <c>docker login</c> and <c>podman login</c>.</summary>
    public CredentialStore Credentials { get; init; } = CredentialStore.FromEnvironment();

    /// <summary>The clock of back-off and time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a connection may take to come about; default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing may move, in either direction, while a registry is expected to; default 60 s, and ten times that while it puts a stored blob in its place.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often something is tried while nothing comes of it; default 4. The first pause is 0.2 s, each further one twice as long.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The longest pause that a registry may ask for (<c>Retry-After</c>); it fails at once if it asks for more. Default 60 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A blob of more bytes is stored in parts of this size, so that a broken connection costs one part; default 64 MiB.</summary>
    public long ChunkBytes { get; init; } = 64L << 20;
}
