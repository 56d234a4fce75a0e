using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Data;
using MlOps.Packaging.Images;

namespace MlOps.Tests.Packaging.Images;

/// <summary>What an image is composed of.</summary>
public sealed class ServiceImageTests
{
    private static readonly string Specification = Path.GetFullPath(Path.Combine(RealData.Folder, "..", "spec", "oci"));
    private static readonly NpmPackages Ajv = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Packaging", "Images", "Schemas"), "image-schemas");

    [Fact]
    public void The_same_parts_are_the_same_image()
    {
        Assert.Equal(Image("model").Config, Image("model").Config);
        Assert.Equal(Image("model").Manifest.ToBytes(), Image("model").Manifest.ToBytes());
        // Seen on other machines as well.
        Assert.StartsWith("sha256:6bc308bb09ac75433081e1b39c65a5871e805567d26161dd197d504", Digest.Of(Image("model").Manifest.ToBytes()).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_model_changes_its_layer_alone()
    {
        var (one, other) = (Image("model"), Image("another model"));
        Assert.Equal(one.Manifest.Layers.SkipLast(1), other.Manifest.Layers.SkipLast(1));
        Assert.NotEqual(one.Manifest.Layers[^1], other.Manifest.Layers[^1]);
        Assert.NotEqual(one.Manifest.Config.Digest, other.Manifest.Config.Digest);
    }

    [Fact]
    public void It_says_what_it_stands_on_how_it_runs_and_nothing_of_time()
    {
        var config = JsonNode.Parse(Image("model").Config)!;
        Assert.Equal("10001:10001", (string?)config["config"]!["User"]);
        Assert.Equal("""["/app/MlOps.Serving"]""", config["config"]!["Entrypoint"]!.ToJsonString());
        Assert.Equal("""["CMD","/app/MlOps.Serving","--health"]""", config["config"]!["Healthcheck"]!["Test"]!.ToJsonString());
        // Seldom, for a process each time; but soon after the start, where the engine knows that.
        Assert.Equal((30_000_000_000, 1_000_000_000), ((long)config["config"]!["Healthcheck"]!["Interval"]!, (long)config["config"]!["Healthcheck"]!["StartInterval"]!));
        Assert.Equal("""["A=b","DOTNET_EnableDiagnostics=0","MLOPS_URL=http://[::]:8080"]""", config["config"]!["Env"]!.ToJsonString());
        Assert.Equal(Base.Digest.ToString(), (string?)config["config"]!["Labels"]!["org.opencontainers.image.base.digest"]);
        Assert.Equal("SIGTERM", (string?)config["config"]!["StopSignal"]);
        Assert.Equal(3, config["rootfs"]!["diff_ids"]!.AsArray().Count);
        Assert.Equal(3, config["history"]!.AsArray().Count);
        Assert.DoesNotContain("created\"", Encoding.UTF8.GetString(Image("model").Config), StringComparison.Ordinal);
        Assert.Equal("bike", Image("model").Manifest.Annotations!["org.opencontainers.image.title"]);
    }

    [Fact]
    public void The_model_layer_tells_the_service_where_its_model_and_code_lie()
    {
        var digest = Digest.Of("model");
        var code = new MlOps.Scoring.Computed.DeployedCode("code/Models.dll", new Dictionary<string, Digest> { ["b"] = digest, ["a"] = digest }, new Dictionary<string, Digest> { ["F.G"] = digest },
            new Dictionary<string, ColumnType> { ["at"] = ColumnType.Timestamp });
        var bytes = new MemoryStream();
        ServiceImage.WriteModel(Model("model") with { Code = code }, bytes);
        bytes.Position = 0;
        using var tar = new System.Formats.Tar.TarReader(new System.IO.Compression.GZipStream(bytes, System.IO.Compression.CompressionMode.Decompress));
        var files = new Dictionary<string, string>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            files[entry.Name] = text.ReadToEnd();
        }

        Assert.Equal("model", files["srv/models/bike/model.onnx"]);
        Assert.Equal(
            """{"url":"http://[::]:8080","models":[{"name":"bike","path":"/srv/models/bike/model.onnx","digest":"D","code":{"assembly":"/srv/models/bike/code/Models.dll","files":{"a":"D","b":"D"},"functions":{"F.G":"D"},"columns":{"at":"Timestamp"}},"about":"/srv/models/bike"}]}"""
                .Replace("\"D\"", $"\"{digest}\"", StringComparison.Ordinal),
            files["etc/mlops/service.json"]);
    }

    [SkippableFact]
    public void Configuration_and_manifest_are_what_the_specification_says()
    {
        Skip.If(!Directory.Exists(Specification), $"{RealData.Absent}the schemas of ../shared/spec/oci");
        Skip.If(Ajv.Absent is not null, Ajv.Absent);
        var folder = Directory.CreateTempSubdirectory("mlops-schemas-").FullName;
        try
        {
            File.WriteAllBytes(Path.Join(folder, "config.json"), Image("model").Config);
            File.WriteAllBytes(Path.Join(folder, "manifest.json"), Image("model").Manifest.ToBytes());
            Assert.Equal((0, ""), NpmPackages.Run(Ajv.Script("check.cjs", Specification, "config-schema.json", Path.Join(folder, "config.json"))));
            Assert.Equal((0, ""), NpmPackages.Run(Ajv.Script("check.cjs", Specification, "image-manifest-schema.json", Path.Join(folder, "manifest.json"))));
            // The schemas do refuse something.
            Assert.Equal(1, NpmPackages.Run(Ajv.Script("check.cjs", Specification, "config-schema.json", Path.Join(folder, "manifest.json"))).Exit);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static readonly BaseImage Base = new() { Name = "debian:12", Digest = Digest.Of("base"), Layers = [LayerOf("base")], Environment = ["A=b", "DOTNET_EnableDiagnostics=1"] };

    private static ServedModel Model(string bytes) => new()
    {
        Name = "bike",
        Files = [new("model.onnx", () => new MemoryStream(Encoding.UTF8.GetBytes(bytes)))],
        Path = "model.onnx",
        Digest = Digest.Of(bytes),
    };

    private static ServiceImage Image(string model) =>
        ServiceImage.Compose(Base, LayerOf("service"), ServiceImage.WriteModel(Model(model), Stream.Null), new Dictionary<string, string> { ["org.opencontainers.image.title"] = "bike" });

    private static Layer LayerOf(string text) => Layer.Write([new LayerEntry.File(text, () => new MemoryStream(Encoding.UTF8.GetBytes(text)))], Stream.Null);
}
