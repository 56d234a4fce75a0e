namespace MlOps.Tests.Remotes.S3;

/// <summary>Keys in the environment of the tests' process, as the SDK's usual chain finds them; no file of the user is read.</summary>
internal static class TestCredentials
{
    public const string Secret = "S3RVER";

    public static void Set()
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3Server.Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", Secret);
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", "/nonexistent/config");
    }
}
