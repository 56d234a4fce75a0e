using System.Text;
using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class ModelPackageTests
{
    private static readonly PackageDescription About = new() { Name = "churn", Owner = "customer care", Licence = "MIT", Architecture = "linear", Family = "binary", Description = "Who leaves." };
    private static readonly PackageFile Model = PackageFile.Of("model.onnx", PackageFileKind.Weight, "model"u8), Card = PackageFile.Of("README.md", PackageFileKind.Doc, "card"u8);

    [Fact]
    public void The_order_of_files_makes_no_difference() => Assert.Equal(ModelPackage.Create(About, [Model, Card]).Digest, ModelPackage.Create(About, [Card, Model]).Digest);

    [Fact]
    public void What_it_says_is_part_of_its_identity() => Assert.NotEqual(ModelPackage.Create(About, [Model]).Digest, ModelPackage.Create(About with { Owner = "sales" }, [Model]).Digest);

    [Fact]
    public void What_is_written_is_read()
    {
        var made = ModelPackage.Create(About, [Model, Card]);
        var read = ModelPackage.Read(made.Manifest, digest => digest == Digest.Of(made.Config.Span) ? made.Config.ToArray() : null, "here");
        Assert.Equal((made.Digest, About, made.Size), (read.Digest, read.Description, read.Size));
        Assert.Equal(made.Files, read.Files);
    }

    [Fact]
    public void A_path_stands_once() => Assert.Throws<ArgumentException>(() => ModelPackage.Create(About, [Model, Model]));

    [Theory]
    [InlineData("../model.onnx")]
    [InlineData("/model.onnx")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("")]
    public void A_path_stays_inside(string path) => Assert.Throws<ArgumentException>(() => ModelPackage.Create(About, [Model with { Path = path }]));

    public static TheoryData<string, string> Wrong => new()
    {
        { "not json", "MLO7160" },
        { "an image", "MLO7160" },
        { "another artifact", "MLO7160" },
        { "what is attached to another", "MLO7160" },
        { "no files", "MLO7161" },
        { "a file without a path", "MLO7161" },
        { "a way out", "MLO7161" },
        { "the same path twice", "MLO7161" },
        { "a strange media type", "MLO7161" },
        { "a size below 0", "MLO7161" },
        { "a huge configuration", "MLO7161" },
        { "no configuration", "MLO7162" },
        { "another configuration", "MLO7163" },
        { "a configuration without a name", "MLO7161" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_no_package_is_refused(string what, string code)
    {
        var made = ModelPackage.Create(About, [Model, Card]);
        var json = JsonNode.Parse(made.Manifest.Span)!;
        var layer = json["layers"]![0]!;
        byte[]? config = made.Config.ToArray();
        switch (what)
        {
            case "an image": json["config"]!["mediaType"] = MediaTypes.ImageConfig; break;
            case "another artifact": json["artifactType"] = "application/vnd.example"; break;
            case "what is attached to another": json["subject"] = json["config"]!.DeepClone(); break;
            case "no files": json["layers"] = new JsonArray(); break;
            case "a file without a path": layer.AsObject().Remove("annotations"); break;
            case "a way out": layer["annotations"]!["org.cncf.model.filepath"] = "../../etc/passwd"; break;
            case "the same path twice": layer["annotations"]!["org.cncf.model.filepath"] = "model.onnx"; break;
            case "a strange media type": layer["mediaType"] = "application/x-tar"; break;
            case "a size below 0": layer["size"] = -1; break;
            case "a huge configuration": json["config"]!["size"] = 1L << 40; break;
            case "no configuration": config = null; break;
            case "another configuration": config![^2] ^= 1; break;
            case "a configuration without a name":
                config = """{"config":{},"descriptor":{},"modelfs":{"type":"layers"}}"""u8.ToArray();
                (json["config"]!["digest"], json["config"]!["size"]) = (Digest.Of(config).ToString(), config.Length);
                break;
            default: break;
        }

        var bytes = what == "not json" ? "{"u8.ToArray() : Encoding.UTF8.GetBytes(json.ToJsonString());
        var refused = Assert.Throws<DiagnosticException>(() => ModelPackage.Read(bytes, _ => config, "here"));
        Assert.Equal((code, "here"), (refused.Diagnostics[0].Code, refused.Diagnostics[0].Where));
    }
}
