namespace MlOps.Containers.Internal;

/// <summary>What may be an entry's name: relative, without <c>..</c>.</summary>
internal static class TarPath
{
    /// <summary>The names between slashes, without a slash at the end; empty for the root itself. Null with the reason if it is none that may be.</summary>
    public static string? TryRead(string name, bool isFolder, out string? fault)
    {
        name = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        var path = isFolder ? name.TrimEnd('/') : name;
        fault = name.StartsWith('/') ? "its name is absolute"
            : (isFolder && path is "" or ".") ? null
            : path.Split('/') switch
            {
                var names when names.Contains("..") => "its name leaves the archive by '..'",
                var names when names.Any(part => part is "" or ".") => "its name has an empty part or '.'",
                _ => null,
            };
        return fault is not null ? null : path == "." ? "" : path;
    }

    /// <summary>What a type flag says that an entry is.</summary>
    public static string KindOf(char type) => type switch
    {
        '0' => "a file",
        '1' => "a hard link",
        '2' => "a symbolic link",
        '3' or '4' => "a device",
        '5' => "a folder",
        '6' => "a pipe",
        'S' => "a sparse file",
        _ => $"of type '{(char.IsControl(type) ? '?' : type)}'",
    };
}
