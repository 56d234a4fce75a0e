using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class ScorerTests
{
    [Fact]
    public void Trees_give_what_a_walk_from_the_root_gives()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var model = Samples.Forest(ModelTask.Regression, seed);
            var rows = Samples.Rows(130, seed);
            var features = FeatureEncoding.Encode(model.Encoders, rows);
            var ensemble = (TreeEnsemble)model.Predictor;
            var predictions = new Scorer(model).Predict(rows);
            for (var r = 0; r < rows.RowCount; r++)
            {
                var sum = (double)ensemble.BaseScores[0];
                foreach (var tree in ensemble.Trees)
                {
                    sum += Walk(tree, 0, feature => Value(features, r, feature));
                }

                Assert.Equal((float)sum, predictions.Values[r]);
            }
        }
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void A_row_is_scored_the_same_alone_and_among_others(ModelTask task)
    {
        foreach (var model in (TrainedModel[])[Samples.Forest(task, 5), Samples.Linear(task, 5)])
        {
            var rows = Samples.Rows(150, 6);
            var scorer = new Scorer(model);
            var all = scorer.Predict(rows);
            for (var r = 0; r < rows.RowCount; r++)
            {
                Assert.Equal(all.Row(r).ToArray(), scorer.Predict(rows.Select([r])).Values);
            }
        }
    }

    [Fact]
    public void Probabilities_sum_to_one()
    {
        foreach (var task in (ModelTask[])[ModelTask.Binary, ModelTask.Multiclass])
        {
            var predictions = new Scorer(Samples.Linear(task, 7)).Predict(Samples.Rows(100, 8));
            for (var r = 0; r < predictions.Rows; r++)
            {
                Assert.Equal(1, predictions.Row(r).ToArray().Sum(p => (double)p), 6);
            }
        }
    }

    [Fact]
    public void A_missing_column_is_named_with_the_nearest_one()
    {
        var rows = new Frame([.. Samples.Rows(2, 1).Columns.Select(c => c is NumberColumn { Name: "age" } n ? new NumberColumn("agee", n.Values) : c)]);
        var found = Assert.Throws<DiagnosticException>(() => new Scorer(Samples.Forest(ModelTask.Binary, 1)).Predict(rows)).Diagnostics;
        Assert.Equal("MLO5001", Assert.Single(found).Code);
        Assert.Contains("'agee'", found[0].Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_another_type_is_refused_and_one_that_is_all_missing_is_not()
    {
        Frame Rows(params string?[] ages) => new([Samples.Texts("age", ages)]);
        Encoder[] encoders = [new NumericEncoder("age", Fill: 3)];
        var found = Assert.Throws<DiagnosticException>(() => FeatureEncoding.Encode(encoders, Rows(null, "old"))).Diagnostics;
        Assert.Equal(("MLO5002", "row 2 has 'old'"), (Assert.Single(found).Code, found[0].Why));
        Assert.Equal([3, 3], FeatureEncoding.Encode(encoders, Rows(null, null)).Dense[0]);
    }

    [Fact]
    public void No_rows_give_no_predictions() => Assert.Empty(new Scorer(Samples.Forest(ModelTask.Multiclass, 1)).Predict(Samples.Rows(0, 1)).Values);

    private static float Walk(Tree tree, int node, Func<int, float> value)
    {
        if (tree.Feature[node] < 0)
        {
            return tree.Value[node];
        }

        var x = value(tree.Feature[node]);
        return Walk(tree, tree.GoesLeft(node, x) ? tree.Left[node] : tree.Right[node], value);
    }

    private static float Value(FeatureMatrix features, int row, int feature)
    {
        if (feature < features.Dense.Length)
        {
            return features.Dense[feature][row];
        }

        var (_, start, index, value) = features.Sparse!;
        var at = Array.IndexOf(index, feature - features.Dense.Length, start[row], start[row + 1] - start[row]);
        return at < 0 ? 0 : value[at];
    }
}
