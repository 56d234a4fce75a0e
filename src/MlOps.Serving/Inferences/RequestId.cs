using System.Text;

namespace MlOps.Serving.Inferences;

/// <summary>What a request is called in the answer, in the log of inferences and by whoever looks for it later.</summary>
internal static class RequestId
{
    /// <summary>The header in which callers may say it, and in which every answer does.</summary>
    public const string Header = "X-Request-Id";

    private const int Longest = 128;

    /// <summary>The caller's own, where it is short and plain; else a new one, whose order is that of time.</summary>
    public static string Of(HttpRequest request) =>
        request.Headers[Header] is [{ Length: > 0 and <= Longest } given] && given.All(IsPlain) ? given : Guid.CreateVersion7().ToString("N");

    /// <summary>Whether a share of all requests has this one.</summary>
    /// <param name="id">The request's id.</param>
    /// <param name="share">0 to 1.</param>
    public static bool IsSampled(string id, double share)
    {
        // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), then mixed, because ids that differ at their ends alone would lie together.
        var hash = 14695981039346656037UL;
        Span<byte> bytes = stackalloc byte[Longest];
        foreach (var letter in bytes[..Encoding.ASCII.GetBytes(id, bytes)])
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        return (hash >> 11) * (1.0 / (1UL << 53)) < share;
    }

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or ':';
}
