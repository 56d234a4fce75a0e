using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>What fitting records for explanations.</summary>
public class ExplanationTests
{
    [Theory]
    [InlineData(ModelTask.Regression, true)]
    [InlineData(ModelTask.Multiclass, true)]
    [InlineData(ModelTask.Binary, false)]
    [InlineData(ModelTask.Multiclass, false)]
    public void The_base_value_is_the_mean_raw_score_of_the_training_rows(ModelTask task, bool trees)
    {
        var train = Rows.Mixed(1500, 2);
        var model = Rows.Fit(train, Rows.MixedSpec(task, trees ? new BoostedTreesOptions { Trees = 15, Leaves = 9 } : new LinearOptions { MaxIterations = 20 }));

        var explained = new Explainer(OnnxModel.Read(OnnxModel.Write(model))).Explain(train);

        // Then contributions are 0 in the mean: what one row has more, others have less.
        for (var k = 0; k < explained.Outputs; k++)
        {
            var sums = Enumerable.Range(0, explained.Rows).Select(row => explained.Of(row, k).ToArray().Sum()).ToArray();
            Assert.Equal(0, sums.Average(), 1e-5);
            Assert.Contains(sums, sum => Math.Abs(sum) > 0.01);
        }
    }

    [Fact]
    public void A_tree_counts_the_training_rows_that_come_to_its_nodes()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 3, 4, double.NaN), Rows.Numbers("y", 0, 0, 9, 9, 9));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", new BoostedTreesOptions { Trees = 1, Leaves = 2, MinRows = 1 }, ("x", MlOps.Data.FeatureKind.Numeric)));
        Assert.Equal([5, 2, 3], Assert.Single(((TreeEnsemble)model.Predictor).Trees).Cover);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_adopted_model_learns_how_the_training_rows_lie(bool trees)
    {
        var train = Rows.Mixed(800, 4);
        var spec = Rows.MixedSpec(ModelTask.Binary, trees ? new BoostedTreesOptions { Trees = 5 } : new LinearOptions { MaxIterations = 5 });
        var fitted = Rows.Fit(train, spec);
        var bare = fitted with
        {
            Predictor = fitted.Predictor switch
            {
                TreeEnsemble ensemble => ensemble with { Trees = [.. ensemble.Trees.Select(tree => tree with { Cover = [] })] },
                var other => (LinearPredictor)other with { Means = [] },
            },
        };

        var adopted = Learner.Adopt(train, spec with { Trainer = new OnnxOptions { File = "model.onnx" } }, OnnxModel.Write(bare));

        Assert.Equal(OnnxModel.Write(fitted), OnnxModel.Write(adopted));
    }
}
