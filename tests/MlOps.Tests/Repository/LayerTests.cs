using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MlOps.Tests.Repository;

public sealed partial class LayerTests
{
    // The map is the table of src/README.md: project | what | references.
    private static readonly Dictionary<string, string[]> Map = File.ReadAllLines(InSource("README.md"))
        .Select(line => TableRow().Match(line))
        .Where(row => row.Success)
        .ToDictionary(row => row.Groups[1].Value, row => Names().Matches(row.Groups[2].Value).Select(name => name.Value).ToArray(), StringComparer.Ordinal);

    private static readonly string[] Folders =
        [.. Directory.GetDirectories(InSource(""), "MlOps.*").Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Projects => [.. Folders];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_layer_map_allows_it(string project)
    {
        Assert.True(Map.ContainsKey(project), $"{project} has no row in the layer map of src/README.md");
        var allowed = Below(project);
        foreach (var reference in References(project))
        {
            Assert.True(allowed.Contains(reference), $"{project} references {reference}, which is not below it in src/README.md");
        }
    }

    [Fact]
    public void The_layer_map_points_down_only()
    {
        foreach (var project in Map.Keys)
        {
            Assert.DoesNotContain(project, Below(project));
        }
    }

    [Fact]
    public void The_layer_map_names_only_projects_that_exist() =>
        Assert.Equal(Folders, Map.Keys.Order(StringComparer.Ordinal));

    // Everything that can be reached through the map; a cycle ends because each name is expanded once.
    private static HashSet<string> Below(string project)
    {
        var below = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(Map[project]);
        while (open.TryPop(out var name))
        {
            if (below.Add(name))
            {
                Array.ForEach(Map[name], open.Push);
            }
        }

        return below;
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(InSource($"{project}/{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(((string)element.Attribute("Include")!).Replace('\\', '/')));

    private static string InSource(string path) => Path.Combine(RepositoryFolder.Root, "src", path);

    [GeneratedRegex(@"^\|\s*`(MlOps\.\w+)`\s*\|[^|]*\|([^|]*)\|\s*$")]
    private static partial Regex TableRow();

    [GeneratedRegex(@"MlOps\.\w+")]
    private static partial Regex Names();
}
