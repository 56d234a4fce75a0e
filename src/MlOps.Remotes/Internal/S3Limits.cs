namespace MlOps.Remotes.Internal;

/// <summary>How long an S3 remote waits and how often it tries; tests take shorter ones.</summary>
internal sealed record S3Limits
{
    /// <summary>Bytes of a part of a large object; what is longer than one part goes up in parts. S3 takes no smaller part than 5 MiB.</summary>
    public long PartBytes { get; init; } = 8 << 20;

    /// <summary>Until a connection stands.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Until a request is answered; a part must go up in this time.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Between two blocks of an answer.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Until a machine in Amazon's cloud answers for its own credentials; elsewhere nobody is there to answer.</summary>
    public TimeSpan Metadata { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Tries again after the first one.</summary>
    public int Retries { get; init; } = 4;
}
