using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Puts what the SDK throws into words that a user can act on.</summary>
internal static class S3Failure
{
    /// <summary>Whether an answer says that an object or record is not there; a missing bucket says something else.</summary>
    public static bool IsAbsence(AmazonS3Exception e) => e.ErrorCode is "NoSuchKey" or "NotFound" || (e.StatusCode == HttpStatusCode.NotFound && string.IsNullOrEmpty(e.ErrorCode));

    /// <summary>The failure of one request as a diagnostic; null if it is not the remote's.</summary>
    public static Diagnostic? Explain(Exception exception, S3Address address, string what)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is DiagnosticException known)
            {
                return known.Diagnostics[0];
            }
        }

        return exception switch
        {
            AmazonS3Exception { StatusCode: not 0 } answer => Answered(answer, address, what),
            AmazonServiceException or HttpRequestException or HttpIOException or EndOfStreamException or TimeoutException or OperationCanceledException => Unanswered(exception, address, what),
            AmazonClientException => Denied(address, "the credentials cannot be had"),
            _ => null,
        };
    }

    /// <summary>The remote did not do what it was asked for, and may do it another time.</summary>
    public static Diagnostic Unanswered(Exception e, S3Address address, string what) => new("MLO8235", $"S3 could not {what}")
    {
        Where = address.Text,
        Why = e is AmazonS3Exception { ErrorCode: { Length: > 0 } code } answer
            ? string.Create(CultureInfo.InvariantCulture, $"the service answered {(int)answer.StatusCode} {code}, every time")
            : e is OperationCanceledException or TimeoutException ? "no answer in time" : (e.InnerException ?? e).Message,
        Mend = "run the same command again; what is through stays",
    };

    private static Diagnostic Answered(AmazonS3Exception answer, S3Address address, string what)
    {
        // The code and the status only: the service's text may quote the request.
        var said = string.Create(CultureInfo.InvariantCulture, $"the service answered {(int)answer.StatusCode} {answer.ErrorCode}");
        return answer switch
        {
            { ErrorCode: "NoSuchBucket" } => new("MLO8233", $"the bucket '{address.Bucket}' is not there")
            {
                Where = address.Text,
                Why = said,
                Mend = "create it, or mend the bucket, the endpoint or the region in nuke.json under \"store\"",
            },
            { ErrorCode: "PermanentRedirect" or "AuthorizationHeaderMalformed" or "TemporaryRedirect" or "IllegalLocationConstraintException" }
                or { StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest } =>
                new("MLO8234", $"the bucket '{address.Bucket}' is in another region or at another endpoint")
                {
                    Where = address.Text,
                    Why = said,
                    Mend = "name its \"region\" or \"endpoint\" in nuke.json under \"store\"",
                },
            { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } or { ErrorCode: "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" } => Denied(address, said),
            { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests } => Unanswered(answer, address, what),
            _ => new("MLO8237", $"S3 refused to {what}") { Where = address.Text, Why = said, Mend = "look whether the service is what nuke.json says under \"store\"" },
        };
    }

    private static Diagnostic Denied(S3Address address, string why) => new("MLO8232", "S3 denies access")
    {
        Where = address.Text,
        Why = why,
        Mend = "use credentials that may s3:GetObject, s3:ListBucket and, to push, s3:PutObject and s3:AbortMultipartUpload there; renew those that have run out",
    };
}
