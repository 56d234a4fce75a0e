namespace MlOps.Containers.Internal;

/// <summary>The one registry whose name is not its host.</summary>
internal static class DockerHub
{
    public const string Registry = "docker.io";

    public const string Host = "registry-1.docker.io";

    public const string CredentialKey = "https://index.docker.io/v1/";
}
