using System.Net.Sockets;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.S3;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Makes the client of an S3 remote: credentials by the SDK's usual chain, path style and plain checksums for other vendors' servers.</summary>
internal static class S3Connection
{
    private const string MetadataHost = "169.254.169.254";

    // Any of these leads to credentials without asking the machine's metadata service.
    private static readonly string[] Variables =
        ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

    /// <summary>A client that is ready to sign.</summary>
    /// <exception cref="DiagnosticException">MLO8231: there are no credentials; MLO8239: they give no keys.</exception>
    public static async Task<AmazonS3Client> OpenAsync(S3Address address, S3Limits limits, CancellationToken cancellationToken)
    {
        var credentials = await FindCredentialsAsync(address, limits, cancellationToken);
        return new AmazonS3Client(credentials, Configure(address, limits));
    }

    private static AmazonS3Config Configure(S3Address address, S3Limits limits)
    {
        var config = new AmazonS3Config
        {
            // Otherwise the SDK sends checksums in trailers that not every vendor's server takes; every object is held against its digest anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = limits.Retries,
            HttpClientFactory = new S3HttpClients(address, limits),
            IgnoreConfiguredEndpointUrls = true,
        };
        if (address.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.GetLeftPart(UriPartial.Authority);
            config.ForcePathStyle = true;
            config.AuthenticationRegion = RegionOf(address);
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(RegionOf(address));
            // A name with dots does not match the certificate of BUCKET.s3.REGION.amazonaws.com.
            config.ForcePathStyle = address.Bucket.Contains('.', StringComparison.Ordinal);
        }

        return config;
    }

    private static string RegionOf(S3Address address) =>
        address.Region
        ?? Environment.GetEnvironmentVariable("AWS_REGION") ?? Environment.GetEnvironmentVariable("AWS_DEFAULT_REGION")
        ?? RegionOfProfile()
        ?? "us-east-1";

    private static string? RegionOfProfile()
    {
        try
        {
            return Profiles.TryGetProfile(ProfileName, out var profile) ? profile.Region?.SystemName : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // Who has keys from elsewhere needs no file in order; the service tells if the region is wrong.
            return null;
        }
    }

    // The SDK itself reads this variable once a process.
    private static CredentialProfileStoreChain Profiles => new(Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE"));

    private static string ProfileName => Environment.GetEnvironmentVariable("AWS_PROFILE") is { Length: > 0 } name ? name : "default";

    private static async Task<AWSCredentials> FindCredentialsAsync(S3Address address, S3Limits limits, CancellationToken cancellationToken)
    {
        AWSCredentials? credentials = null;
        try
        {
            credentials = await ChainAsync(limits, cancellationToken);
            if (credentials is not null)
            {
                // What cannot give keys is told here; in the middle of a request it would look like a failure of the service.
                await Task.Run(() => credentials.GetCredentials(), cancellationToken);
                return credentials;
            }
        }
        catch (AmazonClientException) when (credentials is null)
        {
            // Nothing in the whole chain: told below.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Useless(e, address);
        }

        throw new DiagnosticException(new Diagnostic("MLO8231", "there are no credentials for S3")
        {
            Where = address.Text,
            Why = $"neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor the profile '{ProfileName}' in ~/.aws gives any, and this machine has no role",
            Mend = "set these variables, or type: aws configure; another profile: AWS_PROFILE=NAME",
        });
    }

    private static async Task<AWSCredentials?> ChainAsync(S3Limits limits, CancellationToken cancellationToken)
    {
        var isNamed = Variables.Any(IsSet);
        if (!isNamed && Profiles.TryGetAWSCredentials(ProfileName, out var credentials))
        {
            return credentials;
        }

        return isNamed || await AnswersForItselfAsync(limits, cancellationToken)
            ? await Task.Run(() => DefaultAWSCredentialsIdentityResolver.GetCredentials(), cancellationToken)
            : null;
    }

    // The SDK's own text may quote what stands in the files.
    private static DiagnosticException Useless(Exception e, S3Address address) => new(new Diagnostic("MLO8239", "the credentials for S3 give no keys")
    {
        Where = address.Text,
        Why = e switch
        {
            InvalidOperationException => "they ask for a role, a web identity or a single sign-on, which this program cannot do by itself",
            InvalidDataException => "the file of profiles is not well formed",
            _ => $"the profile '{ProfileName}', or the service or program that it names, failed",
        },
        Mend = "get keys for a while, and run the same command again: eval \"$(aws configure export-credentials --format env)\"",
    });

    /// <summary>Whether a metadata service is there at all: the SDK would wait for it many seconds, several times over.</summary>
    private static async Task<bool> AnswersForItselfAsync(S3Limits limits, CancellationToken cancellationToken)
    {
        if (string.Equals(Environment.GetEnvironmentVariable("AWS_EC2_METADATA_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (IsSet("AWS_EC2_METADATA_SERVICE_ENDPOINT"))
        {
            return true;
        }

        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(limits.Metadata);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(MetadataHost, 80, time.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
