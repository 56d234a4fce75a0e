using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>A model's bytes depend on the rows and the options only.</summary>
public class DeterminismTests
{
    [Theory]
    [InlineData(ModelTask.Regression, true)]
    [InlineData(ModelTask.Binary, true)]
    [InlineData(ModelTask.Multiclass, true)]
    [InlineData(ModelTask.Regression, false)]
    [InlineData(ModelTask.Binary, false)]
    [InlineData(ModelTask.Multiclass, false)]
    public void The_model_is_the_same_bytes_with_any_number_of_threads(ModelTask task, bool trees)
    {
        // Enough rows that histograms, partitions and sums are cut into pieces.
        var train = Rows.Mixed(task == ModelTask.Multiclass ? 9000 : 40_000, 7);
        TrainerOptions trainer = trees ? new BoostedTreesOptions { Trees = 4 } : new LinearOptions { MaxIterations = 15 };
        byte[] Bytes(int threads) => OnnxModel.Write(Rows.Fit(train, Rows.MixedSpec(task, trainer), threads));

        var one = Bytes(1);
        Assert.All([2, 3, 8], threads => Assert.Equal(one, Bytes(threads)));
    }

    [Theory]
    [InlineData(RegressionLoss.Absolute)]
    [InlineData(RegressionLoss.Poisson)]
    [InlineData(RegressionLoss.Quantile)]
    public void Chance_weights_and_every_loss_are_the_same_with_any_number_of_threads(RegressionLoss loss)
    {
        var options = new BoostedTreesOptions
        {
            Trees = 6,
            Loss = loss,
            Quantile = 0.2,
            RowShare = 0.7,
            FeatureShare = 0.5,
            EarlyStopping = new() { Rounds = 2 },
        };
        var spec = Rows.MixedSpec(ModelTask.Regression, options) with { Weight = "b" };
        var mixed = Rows.Mixed(30_000, 8);
        var train = new Frame([.. mixed.Columns.Where(c => c.Name != "b"), Rows.Numbers("b", [.. ((NumberColumn)mixed["b"]).Values.Select(b => b + 0.3)])]);
        byte[] Bytes(int threads) => OnnxModel.Write(Rows.Fit(train, spec, threads));

        var one = Bytes(1);
        Assert.All([2, 3, 8], threads => Assert.Equal(one, Bytes(threads)));
    }

    [Fact]
    public void A_tree_does_not_depend_on_the_order_of_the_rows()
    {
        var train = Rows.Mixed(3000, 3);
        int[] backwards = [.. Enumerable.Range(0, train.RowCount).Reverse()];
        var spec = Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 5 });
        Assert.Equal(OnnxModel.Write(Rows.Fit(train, spec)), OnnxModel.Write(Rows.Fit(train.Select(backwards), spec)));
    }

    [Fact]
    public void Cancelling_ends_the_learning()
    {
        using var cancelled = new CancellationTokenSource();
        var spec = Rows.MixedSpec(ModelTask.Binary, new BoostedTreesOptions { Trees = 10_000 });
        Assert.Throws<OperationCanceledException>(() => Learner.Fit(Rows.Mixed(500, 1), spec, (_, done, _) =>
        {
            if (done == 3)
            {
                cancelled.Cancel();
            }
        }, 2, cancelled.Token));
    }
}
