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
    /// <exception cref="DiagnosticException">MLO8231: there are no credentials.</exception>
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
        ?? (new CredentialProfileStoreChain().TryGetProfile(ProfileName, out var profile) ? profile.Region?.SystemName : null)
        ?? "us-east-1";

    private static string ProfileName => Environment.GetEnvironmentVariable("AWS_PROFILE") is { Length: > 0 } name ? name : "default";

    private static async Task<AWSCredentials> FindCredentialsAsync(S3Address address, S3Limits limits, CancellationToken cancellationToken)
    {
        try
        {
            var isNamed = Variables.Any(IsSet);
            if (!isNamed && new CredentialProfileStoreChain().TryGetAWSCredentials(ProfileName, out var credentials))
            {
                return credentials;
            }

            if (isNamed || await AnswersForItselfAsync(limits, cancellationToken))
            {
                return await Task.Run(() => DefaultAWSCredentialsIdentityResolver.GetCredentials(), cancellationToken);
            }
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or InvalidOperationException or ArgumentException)
        {
            // Told below; the SDK's text may quote what stands in the files.
        }

        throw new DiagnosticException(new Diagnostic("MLO8231", "there are no credentials for S3")
        {
            Where = address.Text,
            Why = $"neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor the profile '{ProfileName}' in ~/.aws gives any, and this machine has no role",
            Mend = "set these variables, or type: aws configure; another profile: AWS_PROFILE=NAME",
        });
    }

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
