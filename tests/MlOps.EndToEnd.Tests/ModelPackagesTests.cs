using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.EndToEnd.Tests.Support;

namespace MlOps.EndToEnd.Tests;

/// <summary>Packages that models' code is written against: what reruns when a version changes, and what comes of packages that are missing, unfit or hostile.</summary>
public sealed class ModelPackagesTests : IClassFixture<ModelPackagesTests.Trained>
{
    private const string Project = "models/Models.csproj";
    private const string Pins = "models/packages.lock.json";
    private const string Kept = "nuget";

    private readonly Trained _trained;

    public ModelPackagesTests(Trained trained) => _trained = trained;

    private static readonly Dictionary<string, Case> Cases = new(StringComparer.Ordinal)
    {
        ["no XML"] = new("MLO8360", w => w.Replace(Project, "</ItemGroup>", "</ItemGroupe>"), $"{Project}:6"),
        ["a document type"] = new("MLO8360", w => w.Replace(Project, "<Project Sdk", "<!DOCTYPE p [<!ENTITY e 'x'>]>\n<Project Sdk"), $"{Project}:1"),
        ["no version"] = new("MLO8361", w => w.Replace(Project, " Version=\"1.0.0\" />\n    <PackageReference Include=\"Aside\"", " />\n    <PackageReference Include=\"Aside\""), $"{Project}:3"),
        ["a range"] = new("MLO8361", w => Toy(w, "[1.0.0, 2.0.0)"), $"{Project}:3"),
        ["a floating version"] = new("MLO8361", w => Toy(w, "1.*"), $"{Project}:3"),
        ["a property"] = new("MLO8361", w => Toy(w, "$(ToyVersion)"), $"{Project}:3"),
        ["a condition"] = new("MLO8362", w => w.Replace(Project, "Include=\"Toy\"", "Condition=\"'$(OS)' == 'Unix'\" Include=\"Toy\""), $"{Project}:3"),
        ["an import"] = new("MLO8362", w => w.Replace(Project, "<ItemGroup>", "<Import Project=\"more.props\" />\n  <ItemGroup>"), $"{Project}:2"),
        ["one package twice"] = new("MLO8363", w => w.Replace(Project, "Include=\"Aside\"", "Include=\"toy\""), $"{Project}:4"),
        ["a package that nobody has"] = new("MLO8364", w => w.Replace(Project, "Include=\"Toy\"", "Include=\"Tay\""), $"{Project}:3"),
        ["a version that nobody has"] = new("MLO8364", w => Toy(w, "1.0.7"), $"{Project}:3"),
        ["a version below all"] = new("MLO8364", w => Toy(w, "0.1.0"), $"{Project}:3"),
        ["a source that is down"] = new("MLO8365", w =>
        {
            w.Replace("models/NuGet.config", "\"../feed\"", "\"http://127.0.0.1:9/index.json\" allowInsecureConnections=\"true\"");
            Toy(w, "2.0.0");
        }),
        ["a folder of packages that is gone"] = new("MLO8365", w =>
        {
            w.Replace("models/NuGet.config", "../feed", "../gone");
            Toy(w, "2.0.0");
        }),
        ["an assembly of an old framework"] = new("MLO8366", w => Instead(w, "lib/net45/Toy.dll"), $"{Project}:3"),
        ["nothing but a source generator"] = new("MLO8366", w => Instead(w, "analyzers/dotnet/cs/Toy.dll"), $"{Project}:3"),
        ["a lock that pins other bytes"] = new("MLO8367", w =>
        {
            Directory.Delete(w.At(".mlops/packages"), recursive: true);
            w.Replace(Pins, Trained.Hash(w, "Deep"), Trained.Hash(w, "Toy"));
        }, Pins),
        ["a source with other bytes under the same version"] = new("MLO8367", Other, Pins),
        ["other bytes, while another package is new"] = new("MLO8367", w =>
        {
            Other(w);
            w.Replace(Project, "Include=\"Aside\" Version=\"1.0.0\"", "Include=\"Aside\" Version=\"2.0.0\"");
        }, Pins),
        ["an archive that somebody changed on this machine"] = new("MLO8367", w =>
        {
            Directory.Delete(w.At(".mlops/packages"), recursive: true);
            Directory.Delete(w.At(".mlops/code"), recursive: true);
            new PackageFeed(w.At($"{Kept}/deep/1.0.0")).Add("deep", "1.0.0", Trained.Deep("0.25"));
        }, Pins),
        ["a lock that is none"] = new("MLO8368", w => w.Write(Pins, "<<<<<<< HEAD\n"), Pins),
        ["a package for platforms"] = new("MLO8369", w => Instead(w, "runtimes/linux-x64/native/libtoy.so"), $"{Project}:3"),
        ["an assembly called as the product's"] = new("MLO8372", w => Instead(w, "lib/net10.0/MlOps.Data.dll"), $"{Project}:3"),
        ["an assembly called as a model's"] = new("MLO8372", w => Instead(w, "lib/net10.0/Models.m.dll"), $"{Project}:3"),
        ["an assembly that is none"] = new("MLO8372", w => Instead(w, "lib/net10.0/Toy.dll"), $"{Project}:3"),
        ["versions that do not go together"] = new("MLO8370", w =>
        {
            Toy(w, "2.0.0");
            w.Replace(Project, "Include=\"Aside\"", "Include=\"Deep\"");
        }, $"{Project}:4"),
    };

    public static TheoryData<string> Wrong => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_package_that_cannot_or_must_not_be_used_is_told_and_changes_nothing(string wrong)
    {
        using var workspace = _trained.Copy();
        Cases[wrong].Spoil(workspace);
        var before = (workspace.Lock, File.ReadAllText(workspace.At(Pins)));

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains($"{Cases[wrong].Code} error", errors, StringComparison.Ordinal);
        Assert.Contains($"where: {Cases[wrong].Where}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(before, (workspace.Lock, File.ReadAllText(workspace.At(Pins))));
        Assert.Empty(Directory.GetDirectories(Directory.CreateDirectory(workspace.At(".mlops/packages")).FullName, "making-*"));
    }

    [Fact]
    public void A_new_version_of_a_package_that_is_not_reached_reruns_nothing_but_what_ships_it()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Project, "Include=\"Aside\" Version=\"1.0.0\"", "Include=\"Aside\" Version=\"2.0.0\"");

        Assert.Equal(["m/package"], NotUpToDate(workspace.Run("Train --json").Expect(0)));
        Assert.Contains("\"resolved\": \"2.0.0\"", File.ReadAllText(workspace.At(Pins)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_version_of_a_package_that_is_reached_reruns_what_uses_it_and_Explain_names_it()
    {
        using var workspace = _trained.Copy();
        Toy(workspace, "2.0.0");

        Assert.Contains("code M.Twice changed", workspace.Run("Explain m/prepare").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(["m/evaluate", "m/explain", "m/package", "m/prepare", "m/train"], NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void A_new_version_of_what_a_reached_package_needs_reruns_as_well()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Project, "Include=\"Idle\" Version=\"1.0.0\"", "Include=\"Deep\" Version=\"2.0.0\"");

        Assert.Contains("m/prepare", NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void What_was_resolved_needs_no_source_again()
    {
        using var workspace = _trained.Copy();
        Directory.Delete(workspace.At("feed"), recursive: true);
        Directory.Delete(workspace.At(Kept), recursive: true);
        workspace.Replace("models/m/M.cs", "public static class M", "// what it is\npublic static class M");

        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
    }

    [Fact]
    public void A_fresh_clone_gets_what_the_lock_pins_and_reruns_nothing()
    {
        using var workspace = _trained.Copy();
        var pins = File.ReadAllBytes(workspace.At(Pins));
        foreach (var computed in new[] { ".mlops/packages", ".mlops/code", Kept })
        {
            Directory.Delete(workspace.At(computed), recursive: true);
        }

        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
        Assert.Equal(pins, File.ReadAllBytes(workspace.At(Pins)));
    }

    [Theory]
    [InlineData("[1.0.0]")]
    [InlineData("1.0")]
    [InlineData("1.0.0.0")]
    public void A_version_may_be_written_as_NuGet_knows_it(string version)
    {
        using var workspace = _trained.Copy();
        var pins = File.ReadAllBytes(workspace.At(Pins));
        Toy(workspace, version);

        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
        Assert.Equal(pins, File.ReadAllBytes(workspace.At(Pins)));
    }

    [Fact]
    public void A_lost_lock_is_written_again_byte_for_byte()
    {
        using var workspace = _trained.Copy();
        var pins = File.ReadAllBytes(workspace.At(Pins));
        File.Delete(workspace.At(Pins));

        workspace.Run("Train").Expect(0);

        Assert.Equal(pins, File.ReadAllBytes(workspace.At(Pins)));
    }

    [Fact]
    public void A_damaged_copy_of_a_package_is_made_anew()
    {
        using var workspace = _trained.Copy();
        var copy = Directory.GetFiles(workspace.At(".mlops/packages"), "Deep.dll", SearchOption.AllDirectories);
        Assert.All(copy, file => File.WriteAllText(file, "damaged"));
        workspace.Replace("models/m/M.cs", "public static class M", "// what it is\npublic static class M");

        Assert.Empty(NotUpToDate(workspace.Run("Train --json").Expect(0)));
        Assert.All(copy, file => Assert.NotEqual("damaged", File.ReadAllText(file)));
    }

    [Fact]
    public void Scoring_loads_the_packages_that_training_loaded_and_no_others()
    {
        using var workspace = _trained.Copy();
        workspace.Run("Score --data models/m/data.csv --out scored.csv --keep x").Expect(0);

        var rows = File.ReadLines(workspace.At("scored.csv")).Skip(1).Select(line => line.Split(',')).ToList();
        Assert.All(rows, row => Assert.Equal(Trained.Label(int.Parse(row[0], CultureInfo.InvariantCulture)), double.Parse(row[1], CultureInfo.InvariantCulture), 0.5));
        var beside = Directory.GetFiles(Path.GetDirectoryName(Directory.GetFiles(workspace.At(".mlops/code"), "Models.m.dll", SearchOption.AllDirectories).Single())!).Where(file => !file.EndsWith(".txt", StringComparison.Ordinal)).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["Aside.dll", "Deep.dll", "Models.m.dll", "Models.m.pdb", "Spectre.Console.dll", "Toy.dll", "code.json"], beside);
    }

    private static void Toy(Workspace workspace, string version) => workspace.Replace(Project, "Include=\"Toy\" Version=\"1.0.0\"", $"Include=\"Toy\" Version=\"{version}\"");

    /// <summary>Toy 3.0.0 has one file, which is no assembly.</summary>
    private static void Instead(Workspace workspace, string file)
    {
        new PackageFeed(workspace.At("feed")).Add("Toy", "3.0.0", new Dictionary<string, byte[]> { [file] = Encoding.UTF8.GetBytes("no assembly") });
        Toy(workspace, "3.0.0");
    }

    private static void Other(Workspace workspace)
    {
        new PackageFeed(workspace.At("feed")).Add("Deep", "1.0.0", Trained.Deep("0.25"));
        Directory.Delete(workspace.At(Kept), recursive: true);
        Directory.Delete(workspace.At(".mlops/packages"), recursive: true);
    }

    private static List<string> NotUpToDate(Ran ran) =>
        [.. ran.Json["steps"]!.AsArray().Where(step => (string)step!["status"]! != "up to date").Select(step => (string)step!["step"]!).Order(StringComparer.Ordinal)];

    private sealed record Case(string Code, Action<Workspace> Spoil, string Where = Project);

    /// <summary>A workspace with a feed and a global packages folder of its own, and a model whose feature a package computes.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Workspace _workspace = new();

        public Trained()
        {
            var feed = new PackageFeed(_workspace.At("feed"));
            feed.Add("Deep", "1.0.0", Deep("0.5"));
            // The host has an assembly of this name, too.
            feed.Add("Spectre.Console", "0.0.1", "public static class Factor { public static double Value => 4; }");
            feed.Add("Toy", "1.0.0", "public static class Toy { public static double Twice(double x) => Deep.Part(x) * Factor.Value; }", "Deep 1.0.0", "Spectre.Console 0.0.1");
            feed.Add("Toy", "2.0.0", "public static class Toy { public static double Twice(double x) => 2 * x + 1; }", "Deep 2.0.0");
            feed.Add("Deep", "2.0.0", "public static class Deep { public static double Part(double x) => x * 0.5; public static int More => 1; }");
            feed.Add("Aside", "1.0.0", "public static class Aside { public static int One => 1; }");
            feed.Add("Idle", "1.0.0", "public static class Idle { }");
            feed.Add("Aside", "2.0.0", "public static class Aside { public static int One => 2; }");
            _workspace.Write("models/NuGet.config", $"""
                <configuration>
                  <packageSources><clear /><add key="feed" value="../feed" /></packageSources>
                  <config><add key="globalPackagesFolder" value="../{Kept}" /></config>
                </configuration>
                """);
            _workspace.Write(Project, """
                <Project Sdk="Microsoft.NET.Sdk">
                  <ItemGroup>
                    <PackageReference Include="Toy" Version="1.0.0" />
                    <PackageReference Include="Aside" Version="1.0.0" />
                    <PackageReference Include="Idle" Version="1.0.0" />
                  </ItemGroup>
                </Project>
                """);
            _workspace.Write("nuke.json", """{ "name": "city", "data": { "rows": { "path": "models/m/data.csv" } } }""");
            _workspace.Write("models/m/model.json", """
                {
                  "task": "regression", "data": "rows", "label": "y",
                  "features": { "twice": { "code": "M.Twice", "from": ["x"], "kind": "numeric" } },
                  "trainer": { "name": "linear" }
                }
                """);
            _workspace.Write("models/m/M.cs", """
                public static class M
                {
                    public static double Twice(double x) => Toy.Twice(x);

                    public static int Unused() => Aside.One;
                }
                """);
            _workspace.Write("models/m/data.csv", "id,x,y\n" + string.Concat(Enumerable.Range(0, 300).Select(row => string.Create(CultureInfo.InvariantCulture, $"{row},{row % 40},{Label(row % 40)}\n"))));
            _workspace.Run("Train").Expect(0);
        }

        public static double Label(int x) => 2 * x;

        public static string Deep(string part) => $"public static class Deep {{ public static double Part(double x) => x * {part}; }}";

        internal static string Hash(Workspace workspace, string package) =>
            (string)JsonNode.Parse(File.ReadAllText(workspace.At(Pins)))!["dependencies"]!["net10.0"]![package]!["contentHash"]!;

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose() => _workspace.Dispose();
    }
}
