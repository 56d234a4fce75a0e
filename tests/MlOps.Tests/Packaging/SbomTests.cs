using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class SbomTests
{
    private static readonly SbomPackage Json = new(PackageUrl.NuGet("System.Text.Json", "10.0.0")) { Digest = Digest.Of("json"), Licence = new("MIT"), DependsOn = [] };

    private static readonly ModelSbom Model = new()
    {
        Subject = Digest.Of("package"),
        Name = "bike-demand",
        Version = new(1, 2, 0),
        Description = "hourly rentals",
        Licence = new("Apache-2.0 OR MIT"),
        Card = new()
        {
            Task = "regression",
            ArchitectureFamily = "boosted-trees",
            Inputs = ["hour: categorical", "temperature: numeric"],
            Outputs = ["rentals: numeric"],
            Metrics = [new("rmse", 58.25) { Interval = (50, 60.5) }, new("rmse", 1e-9) { Slice = "season=winter" }],
            Users = ["mobility team"],
            UseCases = ["planning"],
            TechnicalLimitations = ["no snow"],
            EthicalConsiderations = ["districts without stations"],
        },
        Datasets = [new("weather", Digest.Of("w")), new("bike-hours", Digest.Of("b")) { Source = new("https://example.org/a b.csv"), Licence = new("city's own terms", IsSpdx: false) }],
        Files = [new("model.onnx", Digest.Of("m")), new("README.md", Digest.Of("r"))],
        Packages = [new(PackageUrl.NuGet("A", "1.0.0-rc.1+x")) { DependsOn = [Json.Url, PackageUrl.NuGet("Absent", "1")] }, Json],
    };

    private static readonly ImageSbom Image = new()
    {
        Subject = Digest.Of("image"),
        Name = "city/bike-demand",
        Version = new(1, 2, 0),
        Packages =
        [
            new(PackageUrl.Debian("zlib1g", "1:1.2.13.dfsg-1", "amd64")) { Digest = Digest.Of("z"), DependsOn = [PackageUrl.Debian("libc6", "2.36-9+deb12u10", "amd64")] },
            new(PackageUrl.Debian("libc6", "2.36-9+deb12u10", "amd64")),
            new(PackageUrl.Debian("libstdc++6", "12.2~rc1", "amd64")),
            Json,
        ],
        Model = Model,
    };

    private static readonly byte[][] Bills =
    [
        Model.ToBytes(),
        Image.ToBytes(),
        (Model with { Timestamp = Attestation.Now, Licence = null, Datasets = [], Files = [], Packages = [], Card = new() { Task = "t" } }).ToBytes(),
        (Image with { Model = null, Packages = [], Timestamp = Attestation.Now }).ToBytes(),
    ];

    [SkippableFact]
    public void CycloneDx_own_library_finds_the_bills_valid()
    {
        Skip.If(PackagingOracle.Absent is not null, PackagingOracle.Absent);
        PackagingOracle.ValidateBoms(Bills);
    }

    [SkippableFact]
    public void The_standards_schema_finds_the_bills_valid()
    {
        Skip.If(PackagingOracle.Absent is not null, PackagingOracle.Absent);
        var schemas = Path.GetFullPath(Path.Combine(RealData.Folder, "..", "spec"));
        Skip.IfNot(Directory.Exists(schemas), $"{RealData.Absent}the standards' schemas are not in ../spec beside it");
        PackagingOracle.ValidateBoms(Bills, schemas);
    }

    [Fact]
    public void The_order_of_parts_changes_nothing()
    {
        var turned = Model with { Datasets = [.. Model.Datasets.Reverse()], Files = [.. Model.Files.Reverse()], Packages = [.. Model.Packages.Reverse()] };
        Assert.Equal(Text(Model.ToBytes()), Text(turned.ToBytes()));
        Assert.Equal(Text(Image.ToBytes()), Text((Image with { Model = turned, Packages = [.. Image.Packages.Reverse()] }).ToBytes()));
    }

    [Fact]
    public void The_serial_number_follows_from_the_content()
    {
        Assert.NotEqual(Serial(Model), Serial(Model with { Files = [.. Model.Files.Skip(1)] }));
        Assert.NotEqual(Serial(Model), Serial(Model with { Subject = Digest.Of("another") }));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", Serial(Model));

        static string Serial(ModelSbom bill) => (string)JsonNode.Parse(bill.ToBytes())!["serialNumber"]!;
    }

    [Fact]
    public void The_graph_leads_from_the_image_to_the_models_data()
    {
        var bill = JsonNode.Parse(Image.ToBytes())!;
        Assert.Contains(Model.Subject.ToString(), Needs(Image.Subject.ToString()));
        Assert.Equal(
            ["data:bike-hours", "data:weather", "file:README.md", "file:model.onnx", "pkg:nuget/A@1.0.0-rc.1%2Bx", "pkg:nuget/System.Text.Json@10.0.0"],
            Needs(Model.Subject.ToString()));
        Assert.Equal(["pkg:nuget/System.Text.Json@10.0.0"], Needs("pkg:nuget/A@1.0.0-rc.1%2Bx"));

        string[] Needs(string reference) =>
            [.. bill["dependencies"]!.AsArray().Single(one => (string?)one!["ref"] == reference)!["dependsOn"]!.AsArray().Select(one => (string)one!)];
    }

    [Fact]
    public void Two_parts_of_one_name_are_not_mixed_up() =>
        Assert.Throws<ArgumentException>(() => (Model with { Files = [new("a", Digest.Of("1")), new("a", Digest.Of("2"))] }).ToBytes());

    [Fact]
    public void A_bill_is_a_statement_about_its_subject()
    {
        var statement = Model.About();
        Assert.Equal((Model.Subject, PredicateTypes.CycloneDx), (statement.Subjects.Single().Digest, statement.PredicateType));
        Assert.Equal("CycloneDX", statement.Predicate.GetProperty("bomFormat").GetString());
    }

    [Theory]
    [InlineData("pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64")]
    [InlineData("pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64")]
    [InlineData("pkg:generic/a%20b@1%2F2")]
    [InlineData("pkg:nuget/System.Text.Json@10.0.0")]
    public void A_package_url_comes_back_from_its_text(string text) => Assert.Equal(text, PackageUrl.TryParse(text)?.ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("pkg:")]
    [InlineData("pkg:nuget/x")]
    [InlineData("pkg:nuget/@1")]
    [InlineData("pkg:nuget/x@")]
    [InlineData("pkg:a/b/c/d@1")]
    [InlineData("pkg:nuget/x@1?os=linux")]
    [InlineData("npm:nuget/x@1")]
    public void Other_texts_are_no_package_url(string? text) => Assert.Null(PackageUrl.TryParse(text));

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
