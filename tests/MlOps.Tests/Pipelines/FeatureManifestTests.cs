using System.Text.Json.Nodes;
using MlOps.Learning;
using MlOps.Pipelines.Actions;

namespace MlOps.Tests.Pipelines;

/// <summary>Features as <c>model.json</c> declares them.</summary>
public sealed class FeatureManifestTests
{
    [Fact]
    public void A_kind_alone_stays_a_kind_alone()
    {
        using var workspace = Declared("\"numeric\"", "\"boosted-trees\"");
        Assert.Equal("numeric", (string?)Parameters(workspace)["features"]!["x"]);
        Assert.Null(Parameters(workspace)["group"]);
    }

    [Theory]
    [InlineData("""{"kind":"categorical","encode":"one-hot"}""")]
    [InlineData("""{"kind":"categorical","encode":"hash","buckets":16}""")]
    [InlineData("""{"kind":"timestamp","parts":["dayOfYear","hour"],"cyclic":true}""")]
    [InlineData("""{"kind":"text","words":[1,1],"characters":[3,5],"terms":2000}""")]
    [InlineData("""{"kind":"numeric","standardise":false}""")]
    public void Options_are_parameters_of_training_as_they_are_written(string feature)
    {
        using var workspace = Declared(feature, "\"linear\"");
        var parameters = Parameters(workspace);
        Assert.Equal(feature, parameters["features"]!["x"]!.ToJsonString());
        Assert.Equal(feature, ManifestText(TrainAction.Spec(parameters, new LinearOptions())));
    }

    [Fact]
    public void A_kind_in_an_object_is_the_kind_alone()
    {
        using var workspace = Declared("""{ "kind": "text" }""", "\"linear\"");
        Assert.Equal("text", (string?)Parameters(workspace)["features"]!["x"]);
    }

    [Fact]
    public void Target_statistics_know_the_key_that_the_split_keeps_together()
    {
        using var workspace = Declared("""{ "kind": "categorical", "encode": "target" }""", "\"linear\"", """, "split": { "by": "group", "column": "key" }""");
        var steps = workspace.Steps();
        Assert.Equal("key", (string?)steps["m/prepare"].Parameters["folds"]);
        Assert.Equal("key", TrainAction.Spec(steps["m/train"].Parameters, new LinearOptions()).Folds!.Column);
    }

    [Theory]
    [InlineData("group", "\"boosted-trees\", \"earlyStopping\": {}", "", true)]
    [InlineData("time", "\"boosted-trees\", \"earlyStopping\": {}", "", true)]
    [InlineData("time", "\"boosted-trees\"", """, "tune": { "search": { "earlyStopping.rounds": [5, 20] } }""", true)]
    [InlineData("stratified", "\"boosted-trees\", \"earlyStopping\": {}", "", false)]
    [InlineData("time", "\"boosted-trees\"", "", false)]
    public void Early_stopping_knows_the_column_that_the_split_divides_by(string by, string trainer, string rest, bool knows)
    {
        using var workspace = Declared("\"numeric\"", trainer, $$""", "split": { "by": "{{by}}", "column": "key" }{{rest}}""");
        var steps = workspace.Steps();
        Assert.Equal(knows ? "key" : null, (string?)steps["m/prepare"].Parameters["folds"]);
        Assert.Equal(knows ? by : null, TrainAction.Spec(steps["m/train"].Parameters, new LinearOptions()).Folds?.By.ToString().ToLowerInvariant());
    }

    [Theory]
    [InlineData("\"catgorical\"", "linear", "MLO1006", "did you mean 'categorical'?")]
    [InlineData("{ \"kind\": \"numeric\",\n\"buckets\": 4 }", "linear", "MLO1002", "remove 'buckets'")]
    [InlineData("{ \"kind\": \"categorical\",\n\"encoed\": \"hash\" }", "linear", "MLO1002", "did you mean 'encode'?")]
    [InlineData("{ \"kind\": \"categorical\",\n\"encode\": \"one-hit\" }", "linear", "MLO1006", "did you mean 'one-hot'?")]
    [InlineData("{ \"kind\": \"categorical\", \"encode\": \"hash\",\n\"buckets\": 0 }", "linear", "MLO6050", "from 2 to 65536")]
    [InlineData("{ \"kind\": \"categorical\", \"encode\": \"hash\",\n\"buckets\": 5000 }", "boosted-trees", "MLO6050", "from 2 to 4096")]
    [InlineData("{ \"kind\": \"categorical\",\n\"buckets\": 16 }", "linear", "MLO6051", "set \"encode\": \"hash\"")]
    [InlineData("{ \"kind\": \"text\",\n\"characters\": [5, 3] }", "linear", "MLO6053", "[3, 5]")]
    [InlineData("{ \"kind\": \"text\",\n\"words\": [] }", "linear", "MLO6053", "[1, 2]")]
    [InlineData("{ \"kind\": \"text\",\n\"words\": [0, 2] }", "linear", "MLO6053", "[1, 2]")]
    [InlineData("{ \"kind\": \"text\",\n\"terms\": 0 }", "linear", "MLO6050", "remove it for the default")]
    [InlineData("{ \"kind\": \"timestamp\",\n\"parts\": [\"houre\"] }", "linear", "MLO1006", "did you mean 'hour'?")]
    [InlineData("{ \"kind\": \"timestamp\",\n\"parts\": [] }", "linear", "MLO6054", "each part once")]
    [InlineData("{ \"kind\": \"timestamp\",\n\"parts\": [\"hour\", \"hour\"] }", "linear", "MLO6054", "each part once")]
    [InlineData("{ \"kind\": \"timestamp\", \"cyclic\": true,\n\"parts\": [\"hour\", \"year\"] }", "linear", "MLO6055", "remove 'year'")]
    public void What_cannot_be_is_told_with_its_line(string feature, string trainer, string code, string mend)
    {
        using var workspace = Declared(feature, $"\"{trainer}\"");
        var refused = workspace.Refused();
        Assert.Equal((code, $"models/m/model.json:{(feature.Contains('\n', StringComparison.Ordinal) ? 3 : 2)}"), (refused.Code, refused.Where));
        Assert.Contains(mend, refused.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_from_a_file_encodes_its_features_itself()
    {
        using var workspace = Declared("""{ "kind": "categorical", "encode": "hash" }""", "\"onnx\", \"file\": \"a.onnx\"");
        Assert.Equal("MLO6056", workspace.Refused().Code);
    }

    private static string ManifestText(LearningSpec spec) => MlOps.Pipelines.Manifests.ManifestJson.Shortest(Assert.Single(spec.Features).Options).ToJsonString();

    private static JsonObject Parameters(DeclaredWorkspace workspace) => workspace.Steps()["m/train"].Parameters;

    private static DeclaredWorkspace Declared(string feature, string trainer, string more = "")
    {
        var workspace = DeclaredWorkspace.Of("\"data\": { \"d\": { \"path\": \"d.csv\" } }");
        workspace.Write("models/m/model.json", $"{{ \"task\": \"regression\", \"data\": \"d\", \"label\": \"y\", \"trainer\": {{ \"name\": {trainer} }}{more},\n\"features\": {{ \"x\": {feature} }} }}");
        return workspace;
    }
}
