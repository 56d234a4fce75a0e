using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MlOps.EndToEnd.Tests.Support;

/// <summary>The split <c>hash_80_20</c> of the reference scores: lines ordered by their sha256, the first four fifths train.</summary>
internal static class ReferenceSplit
{
    /// <summary>The file with one more column <c>fold</c>; asserts that the test rows are those of the reference.</summary>
    public static string WithFold(string csv, JsonNode reference)
    {
        var lines = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var hashes = lines.Skip(1).Select(line => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)))).ToArray();
        var order = Enumerable.Range(0, hashes.Length).OrderBy(row => hashes[row], StringComparer.Ordinal).ThenBy(row => row).ToArray();
        var train = (int)Math.Floor(0.8 * order.Length);
        var fold = new string[hashes.Length];
        for (var i = 0; i < order.Length; i++)
        {
            fold[order[i]] = i < train ? "train" : "test";
        }

        var testHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', order[train..].Select(row => hashes[row])))));
        Assert.Equal((string)reference["test_split_sha256"]!, testHash);
        var text = new StringBuilder(lines[0]).Append(",fold\n");
        for (var row = 0; row < fold.Length; row++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{lines[row + 1]},{fold[row]}\n");
        }

        return text.ToString();
    }
}
