using System.Text;

namespace MlOps.Engine.Internal;

/// <summary>Replaces secrets by <c>***</c> in a stream of bytes, also where a secret is cut by the end of a read.</summary>
/// <remarks>Texts under four characters are no secrets: hiding every <c>1</c> would hide the log. Lines of a secret count as secrets, too.</remarks>
internal sealed class Masking
{
    private const int Shortest = 4;

    private readonly byte[][] _secrets = [];
    private readonly int _held;

    private Masking()
    {
    }

    public Masking(IEnumerable<string> secrets)
    {
        _secrets = [.. secrets.SelectMany(secret => secret.Split('\n').Append(secret)).Select(secret => secret.Trim()).Where(secret => secret.Length >= Shortest)
            .Distinct(StringComparer.Ordinal).OrderByDescending(secret => secret.Length).Select(Encoding.UTF8.GetBytes)];
        _held = _secrets.Length == 0 ? 0 : _secrets.Max(secret => secret.Length) - 1;
    }

    public static Masking Nothing { get; } = new();

    public string Text(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(Encoding.UTF8.GetString(secret), "***", StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Gives what is certain by now to <paramref name="sink"/>; the rest stays in <paramref name="pending"/> until more comes or the end.</summary>
    public void Feed(List<byte> pending, ReadOnlySpan<byte> more, bool end, Action<byte[]> sink)
    {
        if (_secrets.Length == 0)
        {
            sink(more.ToArray());
            return;
        }

        pending.AddRange(more);
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pending);
        // A secret may have begun in what is held back; one that begins before lies whole in the bytes.
        var safe = end ? bytes.Length : Math.Max(0, bytes.Length - _held);
        var at = 0;
        while (at < safe)
        {
            var (next, hit) = (safe, 0);
            foreach (var secret in _secrets)
            {
                var found = bytes[at..].IndexOf(secret);
                if (found >= 0 && at + found < next)
                {
                    (next, hit) = (at + found, secret.Length);
                }
            }

            sink(bytes[at..next].ToArray());
            if (hit > 0)
            {
                sink("***"u8.ToArray());
            }

            at = next + hit;
        }

        pending.RemoveRange(0, at);
    }
}
