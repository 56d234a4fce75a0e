using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlOps.Content;

/// <summary>Reads our own files into records: unknown, duplicate and missing members, wrong types and wrong names are all found in one pass,
/// each with its line and, where a name is misspelt, the nearest valid one.</summary>
public static class StrictJson
{
    /// <summary>Reads a file's bytes as <typeparamref name="T"/>.</summary>
    /// <param name="file">How the file is called in a diagnostic: its path relative to the workspace.</param>
    /// <returns>The value, and the tree that tells the line of each of its parts.</returns>
    /// <exception cref="DiagnosticException">MLO1001 (not JSON), MLO1002 (unknown key), MLO1003 (duplicate key), MLO1004 (missing key),
    /// MLO1005 (wrong type), MLO1006 (not one of the allowed words), MLO1007 (a value that its type refuses).</exception>
    public static (T Value, JsonTree Tree) Read<T>(string file, ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
        where T : notnull
    {
        var tree = JsonTree.Parse(file, utf8);
        var check = new StrictJsonCheck(file, type.Options);
        check.Value(tree, type, "the file");
        if (check.Found.Count > 0)
        {
            throw new DiagnosticException(check.Found);
        }

        try
        {
            var text = check.HasExpanded ? Written(tree) : utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
            return (JsonSerializer.Deserialize(text, type)!, tree);
        }
        catch (JsonException failure)
        {
            // What only a converter knows: its message is ours, the position is the serializer's.
            throw new DiagnosticException(new Diagnostic("MLO1007", "a value is not valid here")
            {
                Where = $"{file}:{(failure.LineNumber ?? 0) + 1}",
                Why = failure.InnerException?.Message ?? failure.Message,
                Mend = "see the schema beside the file",
            });
        }
    }

    private static byte[] Written(JsonTree tree)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            tree.WriteTo(writer);
        }

        return bytes.ToArray();
    }
}
