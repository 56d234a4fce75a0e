using System.Text;
using System.Text.Json;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Data;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Packages;
using MlOps.Scoring.Computed;

namespace MlOps.Tests.Pipelines.Packages;

/// <summary>An image says which package it serves; what it holds has to be that.</summary>
public sealed class ImagePackageTests
{
    private const string Label = "org.mlops.package.digest";

    private static readonly ModelPackage Package = ModelPackage.Create(new() { Name = "bike" },
        [PackageFile.Of(PackageFile.Model, PackageFileKind.Weight, "the model"u8), PackageFile.Of(PackageFile.Signature, PackageFileKind.WeightConfig, "{}"u8), PackageFile.Of(PackageFile.Card, PackageFileKind.Doc, "# a card"u8)]);

    private readonly Dictionary<Digest, byte[]> _blobs = [];
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal) { [Label] = Package.Digest.ToString() };
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal) { [PackageFile.Model] = "the model", [PackageFile.Signature] = "{}", [PackageFile.Card] = "# a card" };
    private readonly List<LayerEntry> _above = [];
    private string? _annotation = Package.Digest.ToString();
    private byte[]? _package = Package.Manifest.ToArray();
    private Digest _told = Package.Find(PackageFile.Model)!.Digest;
    private string _provenance = Package.Digest.ToString();
    private string? _version;
    private IRepositoryFacts? _repository;
    private LayerEntry[] _base = [];
    private DeployedCode? _code;

    [Fact]
    public void An_image_of_its_package_passes()
    {
        var findings = Findings();
        Assert.DoesNotContain(findings, finding => finding.Result == CheckResult.Failed);
        Assert.Equal($"bike, 3 files as {Package.Digest} has them", findings.Single(finding => finding is { What: "package", Result: CheckResult.Passed }).Seen);
    }

    [Fact]
    public void Nothing_is_said_of_a_package_that_nobody_has()
    {
        _package = null;
        Assert.Equal(CheckResult.Unknown, Findings().Single(finding => finding.What == "package").Result);
    }

    [Theory]
    [InlineData("another model", "'/srv/models/bike/model.onnx' is sha256:")]
    [InlineData("a file more", "'/srv/models/bike/code.json' is no file of it")]
    [InlineData("a file of training", "'/srv/models/bike/profile.json' is no file of it")]
    [InlineData("a file less", "'/srv/models/bike/signature.json' is missing")]
    [InlineData("another model above", "'/srv/models/bike/model.onnx' is sha256:")]
    [InlineData("a link above", "'/srv/models/bike/model.onnx' is no file")]
    [InlineData("a folder that is a link", "'/srv' is no file of it")]
    [InlineData("what hides it", "'/srv/models/bike/.wh.model.onnx' is no file of it")]
    [InlineData("another digest in service.json", "the service is told to load something else")]
    [InlineData("another service.json above", "the service is told to load something else")]
    [InlineData("another annotation", "manifest and configuration name different packages")]
    [InlineData("no annotation", "manifest and configuration name different packages")]
    [InlineData("no digest", "'latest' is no digest")]
    [InlineData("other bytes for the package", "what the image names is no package")]
    [InlineData("a link in place of service.json", "the service is told to load something else")]
    [InlineData("a folder in place of service.json", "the service is told to load something else")]
    [InlineData("a service.json over 1 MiB", "the service is told to load something else")]
    [InlineData("a folder in place of the model", "'/srv/models/bike/model.onnx' is no file")]
    [InlineData("models that are a link", "'/srv/models' is no file of it")]
    [InlineData("what hides all models", "'/srv/.wh.models' is no file of it")]
    [InlineData("what hides all", "'/.wh..wh..opq' is no file of it")]
    [InlineData("what hides service.json", "'/etc/mlops/.wh.service.json' is no file of it")]
    [InlineData("another model beside", "'/srv/models/other/model.onnx' is no file of it")]
    [InlineData("a file that stands twice in the package", "'model.onnx' stands twice")]
    [InlineData("a package without a model", "it has no model.onnx")]
    [InlineData("a package whose name is a path", "'../bike' is no name of a model")]
    [InlineData("a provenance of another", "it is that of an image of package sha256:")]
    public void What_is_not_that_of_the_package_is_told(string what, string seen)
    {
        (what switch
        {
            "another model" => () => _files[PackageFile.Model] = "another",
            "a file more" => () => _files[PackageFile.Code] = "{}",
            "a file of training" => () => _files[PackageFile.Profile] = "{}",
            "a file less" => () => _files.Remove(PackageFile.Signature),
            "another model above" => () => _above.Add(File("srv/models/bike/model.onnx", "another")),
            "a link above" => () => _above.Add(new LayerEntry.Link("srv/models/bike/model.onnx", "/tmp/model.onnx")),
            "a folder that is a link" => () => _above.Add(new LayerEntry.Link("srv", "/tmp")),
            "what hides it" => () => _above.Add(File("srv/models/bike/.wh.model.onnx", "")),
            "another digest in service.json" => () => _told = Digest.Of("another"),
            "another service.json above" => () => _above.Add(File("etc/mlops/service.json", "{}")),
            "another annotation" => () => _annotation = Digest.Of("another").ToString(),
            "no annotation" => () => _annotation = null,
            "no digest" => () => _labels[Label] = _annotation = "latest",
            "other bytes for the package" => () => _package = [.. Package.Manifest.ToArray(), 32],
            "a link in place of service.json" => () => _above.Add(new LayerEntry.Link("etc/mlops/service.json", "/app/service.json")),
            "a folder in place of service.json" => () => _above.Add(new LayerEntry.Folder("etc/mlops/service.json")),
            "a service.json over 1 MiB" => () => _above.Add(File("etc/mlops/service.json", new(' ', (1 << 20) + 1))),
            "a folder in place of the model" => () => _above.Add(new LayerEntry.Folder("srv/models/bike/model.onnx")),
            "models that are a link" => () => _above.Add(new LayerEntry.Link("srv/models", "/tmp")),
            "what hides all models" => () => _above.Add(File("srv/.wh.models", "")),
            "what hides all" => () => _above.Add(File(".wh..wh..opq", "")),
            "what hides service.json" => () => _above.Add(File("etc/mlops/.wh.service.json", "")),
            "another model beside" => () => _base = [File("srv/models/other/model.onnx", "another")],
            "a file that stands twice in the package" => () => Repackage(told => told with { Layers = [.. told.Layers, told.Layers.First(file => file.Digest == Package.Find(PackageFile.Model)!.Digest)] }),
            "a package without a model" => () => Repackage(told => told with { Layers = [.. told.Layers.Where(file => file.Digest != Package.Find(PackageFile.Model)!.Digest)] }),
            "a package whose name is a path" => () => Repackage(told => told with { Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [PackageShelf.Name] = "../bike" } }),
            _ => (Action)(() => _provenance = Digest.Of("another").ToString()),
        })();

        Assert.Contains(Findings(), finding => finding.Result == CheckResult.Failed && finding.Seen.Contains(seen, StringComparison.Ordinal));
    }

    /// <summary>A base may have what it likes where nothing of ours lies.</summary>
    [Fact]
    public void A_base_with_files_and_whiteouts_of_its_own_passes()
    {
        _base = [File("srv/www/index.html", "hello"), File("srv/www/.wh.old.html", ""), File("etc/.wh.motd", ""), File("var/.wh..wh..opq", ""), new LayerEntry.Link("srv/ftp", "/tmp")];
        _above.AddRange([File("tmp/.wh.one", ""), File("etc/.wh.hostname", ""), File("srv/www/.wh..wh..opq", "")]);
        Assert.DoesNotContain(Findings(), finding => finding.Result == CheckResult.Failed);
    }

    [Theory]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL]}""", true)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":"/srv/models/bike"]}""", true)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":"/srv/models/bike/about"]}""", true)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":"/etc"]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":"/srv/models/bike/../../../etc"]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":"/srv/models/bikes"]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"about":7]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"version":"2.0.0"]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"code":{"assembly":"/tmp/Models.bike.dll"}]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"code":{"assembly":"/srv/models/bike/../../../tmp/Models.bike.dll"}]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL,"code":{}]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL],"tls":{"certificate":"/tmp/a","key":"/tmp/b"}}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL],"keys":{}}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL],"log":{"folder":"/tmp"}}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[MODEL],"limits":{}}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[]}""", false)]
    [InlineData("""{"url":"http://[::]:8080","models":[7]}""", false)]
    [InlineData("[]", false)]
    public void The_service_may_be_told_only_what_we_publish(string text, bool isPublished)
    {
        var model = $$"""{"name":"bike","path":"/srv/models/bike/model.onnx","digest":"{{_told}}"}""";
        _above.Add(File("etc/mlops/service.json", text.Contains("MODEL,", StringComparison.Ordinal) ? text.Replace("MODEL,", $"{model[..^1]},", StringComparison.Ordinal).Replace("]}", "}]}", StringComparison.Ordinal) : text.Replace("MODEL", model, StringComparison.Ordinal)));
        Assert.Equal(isPublished ? [] : ["package"], Findings().Where(finding => finding.Result == CheckResult.Failed).Select(finding => finding.What));
    }

    /// <summary>The same files, called in another way, would be another model.</summary>
    [Theory]
    [InlineData("as the package says", true)]
    [InlineData("another type of a column", false)]
    [InlineData("another function", false)]
    [InlineData("another assembly", false)]
    [InlineData("another file", false)]
    [InlineData("a column more", false)]
    [InlineData("no code", false)]
    public void Code_is_called_as_the_package_says(string told, bool isPublished)
    {
        var code = new DeployedCode("code/Models.bike.dll", new Dictionary<string, Digest> { ["Models.bike.dll"] = Digest.Of("the code"), ["Other.dll"] = Digest.Of("another") },
            new Dictionary<string, Digest> { ["Bike.Hour"] = Digest.Of("Bike.Hour") }, new Dictionary<string, ColumnType> { ["at"] = ColumnType.Timestamp });
        var files = new Dictionary<string, string>(_files) { [PackageFile.Code] = PackageCode.ToJson(code).ToJsonString(), ["code/Models.bike.dll"] = "the code", ["code/Other.dll"] = "another" };
        var package = ModelPackage.Create(new() { Name = "bike" }, files.Select(file => PackageFile.Of(file.Key, file.Key.StartsWith("code/", StringComparison.Ordinal) || file.Key == PackageFile.Code ? PackageFileKind.Code : Package.Find(file.Key)!.Kind, Encoding.UTF8.GetBytes(file.Value))));
        _package = package.Manifest.ToArray();
        _labels[Label] = _annotation = _provenance = package.Digest.ToString();
        foreach (var (path, text) in files)
        {
            _files[path] = text;
        }

        _code = told switch
        {
            "another type of a column" => code with { Columns = new Dictionary<string, ColumnType> { ["at"] = ColumnType.String } },
            "a column more" => code with { Columns = new Dictionary<string, ColumnType>(code.Columns) { ["day"] = ColumnType.String } },
            "another function" => code with { Functions = new Dictionary<string, Digest> { ["Bike.Hour"] = Digest.Of("Bike.Day") } },
            "another assembly" => code with { Assembly = "code/Other.dll" },
            "another file" => code with { Files = new Dictionary<string, Digest>(code.Files) { ["Other.dll"] = Digest.Of("a third") } },
            "no code" => null,
            _ => code,
        };
        Assert.Equal(isPublished ? [] : ["package"], Findings().Where(finding => finding.Result == CheckResult.Failed).Select(finding => finding.What));
    }

    [Theory]
    [InlineData("1.0.0", null)]
    [InlineData("1.1.0", "1.1.0 of 'bike' is sha256:")]
    [InlineData("2.0.0", "this package is 1.0.0, not 2.0.0")]
    public void An_image_goes_by_the_number_of_its_package(string version, string? seen)
    {
        using var repository = new GitRepository();
        repository.Commit(("data.lock.json", $$"""{ "format": 1, "models": { "bike": { "versions": { "1.0.0": "{{Package.Digest}}", "1.1.0": "{{Digest.Of("other")}}" } } } }"""));
        (_version, _repository) = (version, new GitFacts(repository.Root));

        var finding = Findings().Single(finding => finding.What == "version");

        Assert.Equal(seen is null ? CheckResult.Passed : CheckResult.Failed, finding.Result);
        Assert.Contains(seen ?? "1.0.0 in the lock", finding.Seen, StringComparison.Ordinal);
    }

    private void Repackage(Func<Manifest, Manifest> change)
    {
        _package = change(Manifest.TryParse(Package.Manifest.Span)!).ToBytes();
        _labels[Label] = _annotation = _provenance = Digest.Of(_package).ToString();
    }

    private IReadOnlyList<ArtifactFinding> Findings()
    {
        var lower = Layered(stream => Layer.Write([new LayerEntry.Folder("srv"), new LayerEntry.Folder("etc"), File("etc/os-release", "toy"), .. _base], stream));
        var model = Layered(stream => ServiceImage.WriteModel(
            new() { Name = "bike", Files = [.. _files.Select(file => new ModelFile(file.Key, () => new MemoryStream(Encoding.UTF8.GetBytes(file.Value))))], Path = PackageFile.Model, Digest = _told, Code = _code }, stream));
        Layer[] above = _above.Count == 0 ? [] : [Layered(stream => Layer.Write(_above, stream))];
        var image = ServiceImage.Compose(new() { Name = "toy", Digest = Digest.Of("toy"), Layers = [lower] }, lower with { }, model, _labels);
        var config = System.Text.Json.Nodes.JsonNode.Parse(image.Config)!;
        foreach (var layer in above)
        {
            config["rootfs"]!["diff_ids"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)layer.DiffId.ToString());
        }

        var bytes = Encoding.UTF8.GetBytes(config.ToJsonString());
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (_annotation is not null)
        {
            annotations[Label] = _annotation;
        }

        var stored = StoredManifest.Of(image.Manifest with { Config = Descriptor.Of(MediaTypes.ImageConfig, Add(bytes)), Layers = [.. image.Manifest.Layers, .. above.Select(layer => layer.Descriptor)], Annotations = annotations });
        var provenance = new Provenance
        {
            BuilderId = "urn:mlops:local",
            BuildType = ImageStatements.BuildType,
            Model = "bike",
            Parameters = JsonSerializer.SerializeToElement(new Dictionary<string, string> { [ImageStatements.Package] = _provenance }),
            FinishedOn = AttestedPackage.Now,
        }.About(new("bike", stored.Descriptor.Digest)).ToBytes();
        var attached = StoredManifest.Of(new()
        {
            ArtifactType = Statement.MediaType,
            Config = Descriptor.Empty,
            Layers = [Descriptor.Of(Statement.MediaType, Add(provenance))],
            Subject = stored.Descriptor,
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["dev.sigstore.bundle.predicateType"] = PredicateTypes.Provenance },
        });
        Add([.. "{}"u8]);
        var artifact = new Artifact("image.tar", stored, blob => _blobs.TryGetValue(blob.Digest, out var found) ? new MemoryStream(found) : null, [attached]) { PackageBytes = _package, Version = _version };
        return new ArtifactCheck(artifact, new TrustPolicy([]), _repository, AttestedPackage.Now).Run(default);
    }

    private Layer Layered(Func<Stream, Layer> write)
    {
        var bytes = new MemoryStream();
        var layer = write(bytes);
        Add(bytes.ToArray());
        return layer;
    }

    private byte[] Add(byte[] bytes)
    {
        _blobs[Digest.Of(bytes)] = bytes;
        return bytes;
    }

    private static LayerEntry.File File(string path, string text) => new(path, () => new MemoryStream(Encoding.UTF8.GetBytes(text)));
}
