using System.Text;
using System.Text.Json.Nodes;

namespace MlOps.Content;

/// <summary>One named fact that a fingerprint covers.</summary>
/// <param name="Name">A path such as <c>/parameters/trees</c>; segments are escaped as in JSON Pointer (RFC 6901).</param>
/// <param name="Value">The canonical text, such as <c>300</c> or a digest.</param>
public readonly record struct FingerprintPart(string Name, string Value);

/// <summary>One difference between two fingerprints.</summary>
/// <param name="Name">The part's name.</param>
/// <param name="Old">The value before, or null if the part is new.</param>
/// <param name="New">The value now, or null if the part is gone.</param>
public readonly record struct PartChange(string Name, string? Old, string? New);

/// <summary>The sha256 over a canonical, versioned, sorted description, together with the parts it was taken over: one walk gives hash and explanation.</summary>
/// <remarks>Parts are netstrings (<c>length:text</c>), so that no two descriptions share their bytes. The order of adding does not matter.</remarks>
public sealed class Fingerprint
{
    private const string Version = "mlops-fingerprint/1\n";

    private Fingerprint(Digest digest, FingerprintPart[] parts) => (Digest, Parts) = (digest, parts);

    /// <summary>The hash: the key of a result.</summary>
    public Digest Digest { get; }

    /// <summary>What it covers, sorted ordinally by name.</summary>
    public IReadOnlyList<FingerprintPart> Parts { get; }

    /// <summary>The fingerprint of some parts in any order.</summary>
    /// <exception cref="ArgumentException">Two parts have the same name.</exception>
    public static Fingerprint Of(IEnumerable<FingerprintPart> parts)
    {
        var sorted = parts.ToArray();
        return new(Digest.Of(Describe(sorted)), sorted);
    }

    /// <summary>The bytes that the hash of some parts is taken over.</summary>
    /// <inheritdoc cref="Of"/>
    public static byte[] BytesOf(IEnumerable<FingerprintPart> parts) => Describe([.. parts]);

    private static byte[] Describe(FingerprintPart[] sorted)
    {
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        var text = new StringBuilder(Version);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0 && sorted[i].Name == sorted[i - 1].Name)
            {
                throw new ArgumentException($"two parts are named '{sorted[i].Name}'");
            }

            Netstring(text, sorted[i].Name);
            Netstring(text, sorted[i].Value);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The leaves of a JSON value as parts below a name: objects are walked, everything else (arrays, and empty objects) is one part.</summary>
    public static IEnumerable<FingerprintPart> Flatten(string name, JsonNode? value)
    {
        if (value is not JsonObject { Count: > 0 } node)
        {
            return [new(name, CanonicalJson.Compact(value))];
        }

        return node.SelectMany(member => Flatten($"{name}/{Escape(member.Key)}", member.Value));
    }

    /// <summary>A name's segment with <c>~</c> and <c>/</c> escaped.</summary>
    public static string Escape(string segment) =>
        segment.AsSpan().ContainsAny('~', '/')
            ? segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)
            : segment;

    /// <summary>What differs between two lists of parts, by name; each list is sorted ordinally and has no name twice.</summary>
    public static IReadOnlyList<PartChange> Difference(IReadOnlyList<FingerprintPart> before, IReadOnlyList<FingerprintPart> after)
    {
        var changes = new List<PartChange>();
        var (i, j) = (0, 0);
        while (i < before.Count || j < after.Count)
        {
            var order = i == before.Count ? 1 : j == after.Count ? -1 : string.CompareOrdinal(before[i].Name, after[j].Name);
            if (order < 0)
            {
                changes.Add(new(before[i].Name, before[i++].Value, null));
            }
            else if (order > 0)
            {
                changes.Add(new(after[j].Name, null, after[j++].Value));
            }
            else
            {
                if (before[i].Value != after[j].Value)
                {
                    changes.Add(new(before[i].Name, before[i].Value, after[j].Value));
                }

                (i, j) = (i + 1, j + 1);
            }
        }

        return changes;
    }

    private static void Netstring(StringBuilder text, string value) =>
        text.Append(value.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)).Append(':').Append(value).Append('\n');
}
