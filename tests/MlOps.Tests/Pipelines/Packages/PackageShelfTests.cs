using System.Globalization;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

public sealed class PackageShelfTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mlops-shelf-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_put_is_there_and_the_same_version_gives_way()
    {
        Shelf().Put([Package("m", "1.0.0", "a"), Package("m", "1.1.0", "b")]);
        Shelf().Put([Package("m", "1.0.0", "c")]);

        Assert.Equal((Digest.Of("c"), Digest.Of("b"), null), (Shelf().Find("m", "1.0.0"), Shelf().Find("m", "1.1.0"), Shelf().Find("n", "1.0.0")));
        Assert.Equal(2, Shelf().All().Count);
    }

    [Fact]
    public void What_is_attached_takes_no_packages_place()
    {
        Shelf().Put([Package("fraud", "2.0.0", "a")]);
        var said = new Manifest
        {
            ArtifactType = "application/vnd.cncf.model.manifest.v1+json",
            Config = Descriptor.Empty,
            Layers = [],
            Subject = Descriptor.Of(MediaTypes.Manifest, "churn"u8),
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = "fraud", [PackageShelf.Version] = "2.0.0", ["kept"] = "yes" },
        };
        Shelf().Put([PackageShelf.Attached(said, said.ToBytes())]);

        Assert.Equal(Digest.Of("a"), Shelf().Find("fraud", "2.0.0"));
        Assert.Equal((Digest.Of(said.ToBytes()), said.ArtifactType, "kept"), Shelf().All().Where(one => one.Digest != Digest.Of("a")).Select(one => (one.Digest, one.ArtifactType, Assert.Single(one.Annotations!).Key)).Single());
    }

    [Fact]
    public void Commands_that_put_at_once_lose_nothing()
    {
        using var together = new Barrier(8);
        Thread[] commands = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            for (var k = 0; k < 20; k++)
            {
                together.SignalAndWait();
                Shelf().Put([Package("m", string.Create(CultureInfo.InvariantCulture, $"{i}.{k}.0"), $"{i} {k}")]);
            }
        }))];
        Array.ForEach(commands, command => command.Start());
        Array.ForEach(commands, command => command.Join());

        Assert.Equal(160, Shelf().All().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<<<<<<< HEAD")]
    [InlineData("[]")]
    [InlineData("{\"schemaVersion\": 2, \"manifests\": 7}")]
    public void A_damaged_list_is_told_and_left_as_it_is(string text)
    {
        var file = Path.Join(_root, PackageShelf.FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);

        Assert.Equal("MLO2281", Assert.Single(Assert.Throws<DiagnosticException>(() => Shelf().Put([Package("m", "1.0.0", "a")])).Diagnostics).Code);
        Assert.Equal(text, File.ReadAllText(file));
    }

    private PackageShelf Shelf() => new(_root, new(Path.Join(_root, ".mlops", "store")));

    private static Descriptor Package(string name, string version, string content) => Descriptor.Of(MediaTypes.Manifest, System.Text.Encoding.UTF8.GetBytes(content)) with
    {
        Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = name, [PackageShelf.Version] = version },
    };
}
