using System.IO.Enumeration;
using System.Text.Json;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>Finds the files that <c>nuke.json</c> includes, and tells everything that it looked at.</summary>
/// <param name="root">The workspace's absolute path.</param>
/// <param name="observe">Told each folder and file before it is read, relative to the workspace.</param>
internal sealed class Includes(string root, Action<string> observe, List<Diagnostic> found)
{
    private static readonly string[] AnyName = ["*"];

    /// <summary>The files in the order of the patterns, each once; within one pattern ordinally.</summary>
    public IReadOnlyList<string> Of(JsonTree workspace)
    {
        var files = new List<string>();
        foreach (var pattern in (workspace.Find("include")?.Items ?? []).Where(pattern => pattern.Kind == JsonTokenType.String))
        {
            var where = $"{WorkspaceDefinition.FileName}:{pattern.Line}";
            if (WorkspaceDefinition.Outside(pattern.Text, where) is { } outside)
            {
                found.Add(outside);
                continue;
            }

            var matches = Matches("", pattern.Text.Split('/')).Distinct().Order(StringComparer.Ordinal).ToList();
            if (matches.Count == 0)
            {
                found.Add(new("MLO2124", $"'{pattern.Text}' includes no file")
                {
                    Where = where,
                    Why = "nothing in the workspace matches it",
                    Mend = "correct it, or remove it; paths start at the workspace's root",
                });
            }

            files.AddRange(matches.Except(files).ToList());
        }

        return files;
    }

    private IEnumerable<string> Matches(string folder, ReadOnlyMemory<string> pattern)
    {
        var segment = pattern.Span[0];
        var rest = pattern[1..];
        if (segment.AsSpan().IndexOfAny('*', '?') < 0)
        {
            var path = Below(folder, segment);
            observe(path);
            return rest.IsEmpty ? File.Exists(Path.Join(root, path)) ? [path] : []
                : Directory.Exists(Path.Join(root, path)) ? Matches(path, rest) : [];
        }

        observe(folder.Length == 0 ? "." : folder);
        if (segment == "**")
        {
            var deeper = Folders(folder).SelectMany(name => Matches(Below(folder, name), pattern));
            return (rest.IsEmpty ? Matches(folder, AnyName) : Matches(folder, rest)).Concat(deeper);
        }

        return rest.IsEmpty
            ? Names(Directory.EnumerateFiles(Path.Join(root, folder))).Where(Fits).Select(name => Below(folder, name))
            : Folders(folder).Where(Fits).SelectMany(name => Matches(Below(folder, name), rest));

        bool Fits(string name) => FileSystemName.MatchesSimpleExpression(segment, name, ignoreCase: false);
    }

    /// <summary>Folders below one; those that begin with a dot belong to tools.</summary>
    private List<string> Folders(string folder) => [.. Names(Directory.EnumerateDirectories(Path.Join(root, folder))).Where(name => name[0] != '.')];

    private static IEnumerable<string> Names(IEnumerable<string> paths) => paths.Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static string Below(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
