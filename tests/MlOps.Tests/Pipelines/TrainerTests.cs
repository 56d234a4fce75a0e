using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Learning;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;
using MlOps.Tests.Learning;

namespace MlOps.Tests.Pipelines;

/// <summary>Trainers of other assemblies: this one has one, of which the product knows nothing.</summary>
public sealed partial class TrainerTests
{
    private static readonly Dictionary<string, JsonTypeInfo> Trainers = new() { [StumpOptions.TrainerName] = StumpJson.Default.StumpOptions };

    private const string Model = """
        { "task": "regression", "data": "rows", "label": "y", "features": { "x": "numeric" },
          "trainer": { "name": "stump", "threshold": 2.5 } }
        """;

    [Fact]
    public void A_trainer_of_another_assembly_is_named_and_set_in_the_manifest()
    {
        var trainer = Load(Model).Manifest.Trainer;
        Assert.Equal(new StumpOptions { Threshold = 2.5 }, trainer);
        var wrong = Assert.Throws<DiagnosticException>(() => Load(Model.Replace("2.5", "250", StringComparison.Ordinal)));
        Assert.Equal("MLO6001", Assert.Single(wrong.Diagnostics).Code);
    }

    [Theory]
    [InlineData("\"stumb\"", "MLO1006", "'stump'")]
    [InlineData("\"stump\", \"treshold\": 1", "MLO1002", "'threshold'")]
    public void Its_names_are_checked_as_all_others(string written, string code, string nearest)
    {
        var found = Assert.Throws<DiagnosticException>(() => Load(Model.Replace("\"stump\"", written, StringComparison.Ordinal))).Diagnostics[0];
        Assert.Equal(code, found.Code);
        Assert.Contains(nearest, found.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void It_fits_from_the_step_s_parameters_alone()
    {
        var parameters = TrainAction.Parameters(Load(Model));
        Assert.Equal("""{"name":"stump","threshold":2.5}""", parameters["trainer"]!.ToJsonString());
        var spec = TrainAction.Spec(parameters, new TrainerMembers(ManifestJson.With(Trainers)).Read(parameters["trainer"]!));
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 3, 4), Rows.Numbers("y", 1, 3, 10, 20));
        Assert.Equal([2, 15], Rows.Fit(train, spec).Predict(Rows.Of(Rows.Numbers("x", 0, 9))));
    }

    [Fact]
    public void Its_code_is_part_of_the_step_s()
    {
        var code = new CodeDigests();
        var stump = code.Of("train/stump", typeof(StumpOptions));
        Assert.NotEqual(code.Of("train/linear", typeof(LinearOptions)), stump);
        var reached = code.Listings[stump]();
        Assert.Contains("StumpOptions.Fit", reached, StringComparison.Ordinal);
        Assert.Contains("StumpOptions.Ranges", reached, StringComparison.Ordinal);
        Assert.DoesNotContain("Boosting.Fit", reached, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_it_nothing_changes() => Assert.Same(ManifestJson.Default.Options, ManifestJson.With(new Dictionary<string, JsonTypeInfo>()));

    private static ModelDefinition Load(string model)
    {
        using var workspace = DeclaredWorkspace.Of("\"data\": { \"rows\": { \"path\": \"rows.csv\" } }");
        workspace.Write("rows.csv", "x,y\n1,2\n");
        workspace.Write("models/m/model.json", model);
        return Assert.Single(WorkspaceDefinition.Load(workspace.Root, json: ManifestJson.With(Trainers)).Models);
    }

    /// <summary>The mean label on either side of a threshold on the first feature.</summary>
    internal sealed record StumpOptions : TrainerOptions
    {
        public const string TrainerName = "stump";

        [JsonIgnore]
        public override string Name => TrainerName;

        public double Threshold { get; set; }

        public override TrainedModel Fit(Training training) => training.Fit(features =>
        {
            float Mean(bool above) => (float)training.Numbers.Where((_, row) => features.Matrix.Dense[0][row] > Threshold == above).Average();
            return new TreeEnsemble(Link.Identity, [0], [new(0, [0, -1, -1], [(float)Threshold, 0, 0], [true, false, false], [1, 0, 0], [2, 0, 0], [0, Mean(false), Mean(true)])]);
        });

        [JsonIgnore]
        public override FeatureUse Use => FeatureUse.Ordered;

        protected override IEnumerable<(string Option, double Value, double Min, double Max)> Ranges() => [("threshold", Threshold, 0, 100)];
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(StumpOptions))]
    internal sealed partial class StumpJson : JsonSerializerContext;
}
