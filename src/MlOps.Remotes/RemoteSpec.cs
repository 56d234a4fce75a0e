namespace MlOps.Remotes;

/// <summary>A remote as <c>nuke.json</c> declares it.</summary>
/// <param name="Address"><c>oci://HOST[:PORT]/REPOSITORY</c>, <c>s3://BUCKET[/PREFIX]</c>, or a folder's path (absolute, or relative to the workspace).</param>
public sealed record RemoteSpec(string Address)
{
    /// <summary>S3 only: the address of the service (<c>http://127.0.0.1:9000</c>); null means Amazon's.</summary>
    public string? Endpoint { get; init; }

    /// <summary>S3 only: the region; null takes the usual variables and files, else <c>us-east-1</c>.</summary>
    public string? Region { get; init; }
}
