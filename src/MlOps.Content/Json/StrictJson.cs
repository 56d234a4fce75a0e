using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace MlOps.Content;

/// <summary>Reads our own files into records: unknown, duplicate and missing members, wrong types and wrong names are all found in one pass,
/// each with its line and, where a name is misspelt, the nearest valid one.</summary>
public static partial class StrictJson
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
        return (Bind(file, tree, type, utf8), tree);
    }

    /// <summary>Reads a tree as <typeparamref name="T"/>: one that was parsed, or one that was made of it.</summary>
    /// <param name="file">How the file is called in a diagnostic.</param>
    /// <param name="tree">The tree, with the lines that diagnostics shall name.</param>
    /// <param name="type">What it is to become.</param>
    /// <param name="utf8">The bytes of exactly this tree if they are at hand; else it is written first.</param>
    /// <exception cref="DiagnosticException">As for <see cref="Read"/>, without MLO1001.</exception>
    public static T Bind<T>(string file, JsonTree tree, JsonTypeInfo<T> type, ReadOnlySpan<byte> utf8 = default)
        where T : notnull
    {
        var check = new StrictJsonCheck(file, type.Options);
        check.Value(tree, type, "the file");
        if (check.Found.Count > 0)
        {
            throw new DiagnosticException(check.Found);
        }

        try
        {
            return JsonSerializer.Deserialize(utf8.IsEmpty || check.HasExpanded ? Written(tree) : utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8, type)!;
        }
        catch (JsonException failure)
        {
            // What only a converter knows: its message is ours, the path is the serializer's. Its line is that of where it stopped reading, often too far.
            throw new DiagnosticException(new Diagnostic("MLO1007", "a value is not valid here")
            {
                Where = $"{file}:{Line(tree, failure.Path)}",
                Why = failure.InnerException?.Message ?? failure.Message,
                Mend = "see the schema beside the file",
            });
        }
    }

    private static ReadOnlySpan<byte> Written(JsonTree tree)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            tree.WriteTo(json);
        }

        return bytes.WrittenSpan;
    }

    /// <summary>The line of what the serializer calls <c>$.steps['a.b'].run[0]</c>.</summary>
    private static int Line(JsonTree tree, string? path)
    {
        foreach (Match segment in Segment().Matches(path ?? ""))
        {
            var next = segment.Groups["index"] is { Success: true } index
                ? tree.Items.ElementAtOrDefault(int.Parse(index.Value, CultureInfo.InvariantCulture))
                : tree.Find(segment.Groups["name"].Value);
            tree = next ?? tree;
        }

        return tree.Line;
    }

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\['(?<name>[^']*)'\]|\[(?<index>\d+)\]")]
    private static partial Regex Segment();
}
