using System.IO.Enumeration;

namespace MlOps.Engine.Internal;

/// <summary>A pattern of relative paths: <c>*</c> and <c>?</c> within a segment, <c>**</c> for any number of segments.</summary>
/// <remarks>Wildcards match no name that starts with a dot, so that <c>.git</c> and <c>.mlops</c> are never meant by accident, and <c>**</c> follows no links to folders.</remarks>
internal sealed class GlobPattern(string text)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string[] _segments = text.Split('/');

    public static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>The segments before the first wildcard, such as <c>data/raw</c>; empty if there are none.</summary>
    public string Fixed => string.Join('/', _segments.TakeWhile(segment => !IsPattern(segment)));

    public bool Matches(string path) => Matches(path.Split('/'), 0, 0);

    /// <summary>Whether a path below a folder may match, or one above it leads there.</summary>
    public bool ReachesInto(string folder) => Reaches(folder.Split('/'), 0, 0);

    /// <summary>The matching files below a folder, relative to it, in ordinal order; every folder looked at is told before it is read.</summary>
    public IReadOnlyList<string> Files(string folder, Action<string> observe)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Walk(folder, "", 0, found, observe);
        return [.. found];
    }

    private void Walk(string root, string below, int at, SortedSet<string> found, Action<string> observe)
    {
        var segment = _segments[at];
        var last = at == _segments.Length - 1;
        if (!IsPattern(segment))
        {
            var path = below + segment;
            observe(Path.Join(root, path));
            if (last ? File.Exists(Path.Join(root, path)) : Directory.Exists(Path.Join(root, path)))
            {
                Found(root, path, at, last, found, observe);
            }

            return;
        }

        if (segment == "**" && !last)
        {
            Walk(root, below, at + 1, found, observe);
        }

        observe(Path.Join(root, below));
        foreach (var (name, isFolder, isLink) in new FileSystemEnumerable<(string, bool, bool)>(
            Path.Join(root, below), static (ref entry) => (entry.FileName.ToString(), entry.IsDirectory, (entry.Attributes & FileAttributes.ReparsePoint) != 0), Everything))
        {
            if (!Matches(name, segment))
            {
                continue;
            }

            if (isFolder && segment == "**" && !isLink)
            {
                Walk(root, $"{below}{name}/", at, found, observe);
            }
            else if (isFolder ? !last && segment != "**" : last)
            {
                Found(root, below + name, at, last, found, observe);
            }
        }
    }

    private void Found(string root, string path, int at, bool last, SortedSet<string> found, Action<string> observe)
    {
        if (last)
        {
            found.Add(path);
        }
        else
        {
            Walk(root, path + "/", at + 1, found, observe);
        }
    }

    private bool Matches(string[] path, int i, int at) =>
        at == _segments.Length ? i == path.Length
        : _segments[at] == "**"
            ? (at < _segments.Length - 1 ? Matches(path, i, at + 1) : i == path.Length - 1 && Matches(path[i], "**"))
                || (i < path.Length && Matches(path[i], "**") && Matches(path, i + 1, at))
            : i < path.Length && Matches(path[i], _segments[at]) && Matches(path, i + 1, at + 1);

    private bool Reaches(string[] folder, int i, int at) =>
        i == folder.Length || (at < _segments.Length - 1 && (_segments[at] == "**"
            ? Reaches(folder, i, at + 1) || (Matches(folder[i], "**") && Reaches(folder, i + 1, at))
            : Matches(folder[i], _segments[at]) && Reaches(folder, i + 1, at + 1)))
        || (at == _segments.Length - 1 && _segments[at] == "**" && folder[i..].All(name => Matches(name, "**")));

    private static bool Matches(string name, string segment)
    {
        if (!IsPattern(segment))
        {
            return name == segment;
        }

        if (name.StartsWith('.') && !segment.StartsWith('.'))
        {
            return false;
        }

        // Greedy with one way back, as every "*" only ever needs to grow.
        var (n, s, star, mark) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (s < segment.Length && segment[s] != '*' && (segment[s] == '?' || segment[s] == name[n]))
            {
                (n, s) = (n + 1, s + 1);
            }
            else if (s < segment.Length && segment[s] == '*')
            {
                (star, mark, s) = (s, n, s + 1);
            }
            else if (star >= 0)
            {
                (s, mark) = (star + 1, mark + 1);
                n = mark;
            }
            else
            {
                return false;
            }
        }

        return segment.AsSpan(s).TrimStart('*').Length == 0;
    }
}
