using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>What cannot be learnt from is explained; what is merely poor is learnt from.</summary>
public class LearnerTests
{
    private static readonly Frame Table = Rows.Of(
        Rows.Numbers("x", 1, 2, 3, 4), Rows.Texts("name", "a", "b", "a", "c"), Rows.Numbers("same", 7, 7, 7, 7), Rows.Texts("none", null, null, null, null),
        Rows.Texts("two", "n", "p", "n", null), Rows.Numbers("y", 1, 2, 4, 8), new TimestampColumn("when", [1, 2, 3, 4]));

    [Theory]
    [InlineData(ModelTask.Regression, "z", "x", FeatureKind.Numeric, "MLO6002")]
    [InlineData(ModelTask.Regression, "name", "x", FeatureKind.Numeric, "MLO6003")]
    [InlineData(ModelTask.Regression, "when", "x", FeatureKind.Numeric, "MLO6003")]
    [InlineData(ModelTask.Regression, "same", "x", FeatureKind.Numeric, "MLO6004")]
    [InlineData(ModelTask.Binary, "same", "x", FeatureKind.Numeric, "MLO6004")]
    [InlineData(ModelTask.Multiclass, "same", "x", FeatureKind.Numeric, "MLO6004")]
    [InlineData(ModelTask.Regression, "none", "x", FeatureKind.Numeric, "MLO6005")]
    [InlineData(ModelTask.Binary, "name", "x", FeatureKind.Numeric, "MLO6006")]
    [InlineData(ModelTask.Regression, "y", "xx", FeatureKind.Numeric, "MLO6010")]
    [InlineData(ModelTask.Regression, "y", "y", FeatureKind.Numeric, "MLO6011")]
    [InlineData(ModelTask.Regression, "y", "x", FeatureKind.Identifier, "MLO6012")]
    [InlineData(ModelTask.Regression, "y", "name", FeatureKind.Numeric, "MLO6013")]
    [InlineData(ModelTask.Regression, "y", "when", FeatureKind.Numeric, "MLO6013")]
    [InlineData(ModelTask.Regression, "y", "x", FeatureKind.Text, "MLO6013")]
    [InlineData(ModelTask.Regression, "y", "x", FeatureKind.Timestamp, "MLO6013")]
    public void What_cannot_be_learnt_is_a_diagnostic(ModelTask task, string label, string feature, FeatureKind kind, string code)
    {
        foreach (var trainer in new TrainerOptions[] { new BoostedTreesOptions(), new LinearOptions() })
        {
            var thrown = Assert.Throws<DiagnosticException>(() => Rows.Fit(Table, Rows.Spec(task, label, trainer, (feature, kind))));
            Assert.Equal(code, Assert.Single(thrown.Diagnostics).Code);
        }
    }

    [Fact]
    public void Numbers_beyond_float32_are_a_diagnostic()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 1e300), Rows.Numbers("y", 1, 2, 3), Rows.Numbers("z", 1, 2, -1e300));
        string Code(string label, string feature) => Assert.Single(Assert.Throws<DiagnosticException>(() =>
            Rows.Fit(train, Rows.Spec(ModelTask.Regression, label, new LinearOptions(), (feature, FeatureKind.Numeric)))).Diagnostics).Code;
        Assert.Equal(("MLO6015", "MLO6008"), (Code("y", "x"), Code("z", "y")));
    }

    [Fact]
    public void One_row_is_too_few()
    {
        var thrown = Assert.Throws<DiagnosticException>(() => Rows.Fit(Table.Select([0]), Rows.Spec(ModelTask.Regression, "y", new BoostedTreesOptions(), ("x", FeatureKind.Numeric))));
        Assert.Equal("MLO6005", Assert.Single(thrown.Diagnostics).Code);
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        var spec = Rows.Spec(ModelTask.Regression, "y", new BoostedTreesOptions { Trees = 0, LearningRate = double.NaN }, ("xx", FeatureKind.Numeric), ("x", FeatureKind.Numeric), ("x", FeatureKind.Numeric));
        var thrown = Assert.Throws<DiagnosticException>(() => Rows.Fit(Table, spec));
        Assert.Equal(["MLO6001", "MLO6001", "MLO6010", "MLO6011"], thrown.Diagnostics.Select(d => d.Code));
    }

    [Fact]
    public void No_feature_with_a_cell_is_a_diagnostic()
    {
        foreach (var features in new (string, FeatureKind)[][] { [], [("none", FeatureKind.Text)] })
        {
            var thrown = Assert.Throws<DiagnosticException>(() => Rows.Fit(Table, Rows.Spec(ModelTask.Regression, "y", new LinearOptions(), features)));
            Assert.Equal("MLO6014", Assert.Single(thrown.Diagnostics).Code);
        }
    }

    [Theory]
    [InlineData(ModelTask.Regression, "y")]
    [InlineData(ModelTask.Binary, "two")]
    [InlineData(ModelTask.Multiclass, "name")]
    public void Empty_constant_and_few_cells_are_learnt_from(ModelTask task, string label)
    {
        foreach (var trainer in new TrainerOptions[] { new BoostedTreesOptions(), new LinearOptions() })
        {
            var model = Rows.Fit(Table, Rows.Spec(task, label, trainer, ("same", FeatureKind.Numeric), ("none", FeatureKind.Numeric)));
            Assert.All(OnnxModel.Read(OnnxModel.Write(model)).Predict(Table), p => Assert.True(float.IsFinite(p)));
        }
    }

    [Theory]
    [InlineData(null, "1", "0", "1")]
    [InlineData(null, "TRUE", "FALSE", "TRUE")]
    [InlineData(null, "no", "Yes", "Yes")]
    [InlineData(null, "often", "rare", "rare")]
    [InlineData("often", "often", "rare", "often")]
    public void The_positive_class_is_the_declared_the_usual_or_the_rarer_one(string? declared, string often, string rare, string positive)
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 3), Rows.Texts("y", often, rare, often));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Binary, "y", new LinearOptions(), ("x", FeatureKind.Numeric)) with { Positive = declared });
        Assert.Equal(positive, model.Signature.Classes[1]);
    }

    [Fact]
    public void A_positive_class_that_no_row_has_is_a_diagnostic()
    {
        var thrown = Assert.Throws<DiagnosticException>(() => Rows.Fit(Table, Rows.Spec(ModelTask.Binary, "two", new LinearOptions(), ("x", FeatureKind.Numeric)) with { Positive = "q" }));
        Assert.Equal("MLO6007", Assert.Single(thrown.Diagnostics).Code);
    }

    [Fact]
    public void Rows_without_a_label_are_passed_over()
    {
        var spec = Rows.Spec(ModelTask.Binary, "two", new LinearOptions(), ("x", FeatureKind.Numeric));
        Assert.Equal(OnnxModel.Write(Rows.Fit(Table.Select([0, 1, 2]), spec)), OnnxModel.Write(Rows.Fit(Table, spec)));
    }

    [Fact]
    public void The_baseline_is_the_mean_or_the_share_of_each_class()
    {
        var number = Baseline.Fit(Table, Rows.Spec(ModelTask.Regression, "y", new LinearOptions()));
        Assert.Equal([3.75f], number.Values);
        Assert.Equal(0, number.Evaluate(Table)["r2"]!.Value, 12);

        var classes = Baseline.Fit(Table, Rows.Spec(ModelTask.Multiclass, "name", new LinearOptions()));
        Assert.Equal([0.5f, 0.25f, 0.25f], classes.Values);
        Assert.Equal(0.5, classes.Evaluate(Table)["accuracy"]);
        Assert.Equal(0.5, Baseline.Fit(Table, Rows.Spec(ModelTask.Binary, "two", new LinearOptions())).Evaluate(Table)["auc"]);
    }

    [Fact]
    public void Progress_grows_to_its_total()
    {
        var heard = new List<(string Stage, int Done, int Total)>();
        Learner.Fit(Table, Rows.Spec(ModelTask.Regression, "y", new BoostedTreesOptions { Trees = 3, MinRows = 1 }, ("x", FeatureKind.Numeric)),
            (stage, done, total) => heard.Add((stage, done, total)), 1, default);
        Assert.Equal(["encode", "bin", "trees"], heard.Select(h => h.Stage).Distinct());
        Assert.All(heard.GroupBy(h => h.Stage), stage =>
        {
            Assert.Equal(stage.Last().Total, stage.Last().Done);
            Assert.Equal(stage.Order(), stage);
        });
    }
}
