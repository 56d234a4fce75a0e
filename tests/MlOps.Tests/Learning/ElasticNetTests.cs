using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;
using MlOps.Tests.Learning.Oracle;

namespace MlOps.Tests.Learning;

/// <summary>Weights with a penalty on their sizes, against scikit-learn 1.2.1 on the same standardised rows: objective within 1e-7 of its own, weights within 2e-4,
/// zeros where it has zeros.</summary>
public class ElasticNetTests
{
    private const int Width = 12;

    private static readonly string[] Names = [.. Enumerable.Range(0, Width).Select(j => $"x{j}")];

    [Theory]
    [InlineData(ModelTask.Regression, 20, 0, false)]
    [InlineData(ModelTask.Regression, 10, 5, true)]
    [InlineData(ModelTask.Binary, 4, 0, false)]
    [InlineData(ModelTask.Binary, 2, 3, true)]
    [InlineData(ModelTask.Multiclass, 5, 0, false)]
    [InlineData(ModelTask.Multiclass, 2, 2, true)]
    public void The_optimum_is_the_reference_s(ModelTask task, double l1, double l2, bool weighted)
    {
        var train = Correlated(400);
        var spec = Rows.Spec(task, task switch { ModelTask.Regression => "number", ModelTask.Binary => "two", _ => "three" },
            new LinearOptions { L1 = l1, L2 = l2, Tolerance = 1e-10, MaxIterations = 20_000 }, [.. Names.Select(name => (name, FeatureKind.Numeric))]) with { Weight = weighted ? "w" : null };
        var model = Rows.Fit(train, spec);
        var (ours, features) = ((LinearPredictor)model.Predictor, FeatureEncoding.Encode(model.Encoders, train));
        var given = new JsonObject
        {
            ["x"] = new JsonArray([.. Enumerable.Range(0, train.RowCount).Select(r => Sklearn.Numbers(features.Dense.Select(column => (double)column[r])))]),
            ["y"] = task == ModelTask.Regression ? Sklearn.Numbers(((NumberColumn)train["number"]).Values)
                : Sklearn.Numbers(Enumerable.Range(0, train.RowCount).Select(r => model.Signature.Classes.ToList().IndexOf(train[spec.Label].Text(r)!))),
            ["w"] = Sklearn.Numbers(weighted ? ((NumberColumn)train["w"]).Values : [.. Enumerable.Repeat(1.0, train.RowCount)]),
            ["l1"] = l1,
            ["l2"] = l2,
            ["weights"] = new JsonArray([.. ours.Weights.Select(row => Sklearn.Numbers(row.Select(w => (double)w)))]),
            ["intercepts"] = Sklearn.Numbers(ours.Intercepts.Select(b => (double)b)),
        };
        var answer = Sklearn.Ask($"elastic-{task}-{(weighted ? "weighted" : "plain")}", Script, given);

        Assert.InRange((double)answer["ours"]!, 0, (double)answer["theirs"]! * (1 + 1e-7));
        float[] theirs = [.. answer["weights"]!.AsArray().SelectMany(row => row!.AsArray().Select(w => (float)(double)w!))];
        Assert.Equal(theirs, ours.Weights.SelectMany(w => w), new Near(2e-4f));
        Assert.Equal(theirs.Select(w => w == 0), ours.Weights.SelectMany(w => w).Select(w => w == 0));
        Assert.Contains(0f, theirs);
    }

    [Fact]
    public void A_penalty_beyond_all_slopes_leaves_the_intercept_alone()
    {
        var model = (LinearPredictor)Rows.Fit(Correlated(100), Rows.Spec(ModelTask.Regression, "number", new LinearOptions { L1 = 1e6 }, ("x0", FeatureKind.Numeric), ("x1", FeatureKind.Numeric))).Predictor;
        Assert.Equal([0f, 0f], model.Weights[0]);
        Assert.Equal(((NumberColumn)Correlated(100)["number"]).Values.Average(), model.Intercepts[0], 1e-5);
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Binary)]
    [InlineData(ModelTask.Multiclass)]
    public void A_row_of_weight_two_counts_as_two_rows(ModelTask task)
    {
        var train = Correlated(300);
        var twice = train.Select([.. Enumerable.Range(0, 300), .. Enumerable.Range(0, 300).Where(r => r % 3 == 0)]);
        var weighted = new Frame([.. train.Columns.Where(c => c.Name != "w"), Rows.Numbers("w", [.. Enumerable.Range(0, 300).Select(r => r % 3 == 0 ? 2.0 : 1)])]);
        var spec = Rows.Spec(task, task switch { ModelTask.Regression => "number", ModelTask.Binary => "two", _ => "three" },
            new LinearOptions { L2 = 0, Tolerance = 1e-10, MaxIterations = 5000 }, ("x0", FeatureKind.Numeric), ("x3", FeatureKind.Numeric));
        Assert.Equal(Rows.Fit(twice, spec).Predict(train), Rows.Fit(weighted, spec with { Weight = "w" }).Predict(train), new Near(1e-4f));
    }

    [Fact]
    public void Penalised_models_are_the_same_bytes_with_any_number_of_threads()
    {
        var train = Rows.Mixed(20_000, 7);
        var spec = Rows.MixedSpec(ModelTask.Multiclass, new LinearOptions { L1 = 3, MaxIterations = 15 });
        var one = OnnxModel.Write(Rows.Fit(train, spec));
        Assert.All([2, 3, 8], threads => Assert.Equal(one, OnnxModel.Write(Rows.Fit(train, spec, threads))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Texts_are_never_spread_out(double l1)
    {
        // Spread out they would take 4 GB: 20,000 rows of 50,000 terms.
        string?[] texts = [.. Enumerable.Range(0, 20_000).Select(i => $"t{i % 10_000} u{i * 7 % 10_000} v{i % 9_973}")];
        var train = Rows.Of(Rows.Texts("text", texts), Rows.Texts("y", [.. texts.Select((_, i) => i * 13 % 100 < 40 ? "yes" : "no")]));
        var spec = Rows.Spec(ModelTask.Binary, "y", new LinearOptions { L1 = l1, MaxIterations = 5 }, ("text", FeatureKind.Text));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var model = (LinearPredictor)Rows.Fit(train, spec).Predictor;
        Assert.InRange(model.Weights[0].Length, 30_000, 50_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400L << 20);
    }

    /// <summary>Columns that lean on their neighbours; few of them tell something.</summary>
    private static Frame Correlated(int rows)
    {
        double[] noise = [.. Rows.Stream(77).Take(rows * (Width + 3))];
        var columns = new double[Width][];
        for (var j = 0; j < Width; j++)
        {
            columns[j] = [.. Enumerable.Range(0, rows).Select(r => Math.Round(noise[(j * rows) + r] + (j > 0 ? 0.6 * columns[j - 1][r] : 0), 4))];
        }

        double Signal(int r) => (2 * columns[0][r]) - (3 * columns[3][r]) + columns[4][r] + (2 * noise[(Width * rows) + r]);
        var middle = Enumerable.Range(0, rows).Select(Signal).Order().ElementAt(rows / 2);
        return Rows.Of(
        [
            .. columns.Select((column, j) => Rows.Numbers(Names[j], column)),
            Rows.Numbers("number", [.. Enumerable.Range(0, rows).Select(r => Math.Round(Signal(r), 4))]),
            Rows.Texts("two", [.. Enumerable.Range(0, rows).Select(r => Signal(r) > middle ? "1" : "0")]),
            Rows.Texts("three", [.. Enumerable.Range(0, rows).Select(r => Signal(r) > middle + 0.7 ? "2" : Signal(r) > middle - 0.7 ? "1" : "0")]),
            Rows.Numbers("w", [.. Enumerable.Range(0, rows).Select(r => Math.Round(0.2 + noise[((Width + 1) * rows) + r], 3))]),
        ]);
    }

    private const string Script = """
        from sklearn.linear_model import ElasticNet, LogisticRegression
        x, y, w = np.array(given["x"]), np.array(given["y"]), np.array(given["w"])
        w, n, l1, l2 = w / w.mean(), len(y), given["l1"], given["l2"]
        regression = len(set(y.tolist())) > 3
        if regression:
            m = ElasticNet(alpha=(l1 + l2) / n, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=1000000).fit(x, y, sample_weight=w)
            b, c = m.coef_.reshape(1, -1), np.array([m.intercept_])
        else:
            m = LogisticRegression(penalty="elasticnet", solver="saga", C=1 / (l1 + l2), l1_ratio=l1 / (l1 + l2), tol=1e-12, max_iter=200000, random_state=0).fit(x, y, sample_weight=w)
            b, c = m.coef_, m.intercept_

        def objective(b, c):
            z = x @ b.T + c
            if regression:
                loss = 0.5 * (z[:, 0] - y) ** 2
            elif len(c) == 1:
                loss = np.logaddexp(0, z[:, 0]) - y * z[:, 0]
            else:
                loss = np.log(np.exp(z).sum(1)) - z[np.arange(n), y]
            return float((w * loss).sum() + l1 * np.abs(b).sum() + 0.5 * l2 * (b ** 2).sum())

        answer = {"theirs": objective(b, c), "ours": objective(np.array(given["weights"]), np.array(given["intercepts"])), "weights": b.tolist()}
        """;
}
