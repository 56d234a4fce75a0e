namespace MlOps.Remotes;

/// <summary>By what a server knows again what it gave: sent back, they make the next request a short one.</summary>
/// <param name="ETag">The header of that name, quotes included.</param>
/// <param name="LastModified">The header of that name.</param>
public sealed record HttpValidators(string? ETag, string? LastModified)
{
    /// <summary>Whether there is anything to send back.</summary>
    public bool IsEmpty => ETag is null && LastModified is null;
}

/// <summary>What a server answered.</summary>
/// <param name="IsModified">Whether the file holds the bytes; false if they are still those that the validators are of, and nothing came.</param>
/// <param name="Validators">The validators of what the server has.</param>
public sealed record HttpAnswer(bool IsModified, HttpValidators Validators);

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Bytes that are here, those of earlier tries included.</param>
/// <param name="Total">Bytes that there will be; null if the server does not say.</param>
public readonly record struct HttpProgress(long Bytes, long? Total);

/// <summary>How patient a download is.</summary>
public sealed record HttpSourceOptions
{
    /// <summary>How long nothing may come; default a minute.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many tries in a row may fail without a new byte; default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long the first pause between tries is; each further one is twice as long. Default a second.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause that a server may ask for (<c>Retry-After</c>); default five minutes.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The file of credentials; null takes the variable <c>NETRC</c>, else <c>.netrc</c> in the home folder.</summary>
    public string? Netrc { get; init; }

    /// <summary>Waits and reads dates.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
