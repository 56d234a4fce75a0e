using MlOps.Content;

namespace MlOps.Pipelines.Definitions;

/// <summary>Where each part of a workspace's declarations stands: in <c>nuke.json</c>, or in a file that it includes.</summary>
/// <param name="files">The files with their trees, <c>nuke.json</c> first.</param>
internal sealed class DeclarationPlaces(IReadOnlyList<(string File, JsonTree Tree)> files)
{
    private readonly Dictionary<(string Section, string Name), int> _included = [];

    /// <summary>Notes that a dataset or step stands in an included file.</summary>
    public void Add(string section, string name, int file) => _included[(section, name)] = file;

    /// <summary>File and line of the value at a path of member names.</summary>
    public string Of(params string[] path)
    {
        var (file, tree) = files[path.Length > 1 ? _included.GetValueOrDefault((path[0], path[1])) : 0];
        return $"{file}:{tree.LineOf(path)}";
    }
}
