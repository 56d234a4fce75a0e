using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MlOps.Tests.Repository;

public sealed partial class LayoutTests
{
    // What a newcomer sees first: nothing comes to the root without a reason.
    private static readonly string[] Root =
    [
        ".ci", ".editorconfig", ".gitattributes", ".github", ".gitignore", "LICENSE", "MlOps.sln", "README.md",
        "build", "build.ps1", "build.sh", "data.lock.json", "global.json", "models", "nuke.json", "src", "tests",
    ];

    private static readonly string[] Tracked = Git("ls-files", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void The_root_holds_what_the_design_says_and_nothing_else() =>
        Assert.Equal(Root, Tracked.Select(path => path.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_project_of_src_has_a_readme()
    {
        var without = Directory.GetDirectories(Path.Combine(RepositoryFolder.Root, "src"), "MlOps.*").Where(folder => !File.Exists(Path.Combine(folder, "README.md")));
        Assert.True(!without.Any(), "without README.md: " + string.Join(", ", without.Select(Path.GetFileName)));
    }

    [Fact]
    public void Every_package_version_is_an_exact_pin_in_one_file()
    {
        var versions = XDocument.Load(Path.Combine(RepositoryFolder.Root, "build/props/Packages.props"))
            .Descendants().Where(element => element.Name.LocalName is "PackageVersion" or "GlobalPackageReference");
        Assert.All(versions, element => Assert.Matches(@"^\[\d+(\.\d+){1,3}\]$", (string?)element.Attribute("Version")));
        var elsewhere = Tracked.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && PinnedInProject().IsMatch(File.ReadAllText(InRoot(path))));
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void No_file_names_a_machine_of_ours()
    {
        // Written in pieces, so that this file may pass as well.
        string[] forbidden = ["/" + "work/", "/home" + "/", "/root" + "/", "C:" + @"\Users", "farm" + "-", "issues" + " show"];
        var found = from path in Tracked
                    where !path.EndsWith(".csv", StringComparison.Ordinal) && File.Exists(InRoot(path))
                    let text = File.ReadAllText(InRoot(path))
                    from word in forbidden
                    where text.Contains(word, StringComparison.Ordinal)
                    select $"{path}: {word}";
        Assert.Empty(found);
    }

    private static string InRoot(string path) => Path.Combine(RepositoryFolder.Root, path);

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = RepositoryFolder.Root, RedirectStandardOutput = true })!;
        return git.StandardOutput.ReadToEnd();
    }

    [GeneratedRegex("<PackageReference[^>]*Version=")]
    private static partial Regex PinnedInProject();
}
