using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>References: scikit-learn 1.2.1, Ridge and LogisticRegression (tol 1e-12) on the same 60 standardised rows, alpha = 1/C = 0.5.</summary>
public class LinearTests
{
    private static readonly LinearOptions Exact = new() { L2 = 0.5, Tolerance = 1e-10, MaxIterations = 1000 };

    [Fact]
    public void Ridge_regression_has_the_reference_weights()
    {
        var predictor = FitReference(ModelTask.Regression, "number");
        Assert.Equal([0.5238716439539887f, -0.9011229534254636f, 0.24840077408614253f], [.. predictor.Weights[0], predictor.Intercepts[0]], new Near(2e-6f));
    }

    [Fact]
    public void Logistic_regression_has_the_reference_weights()
    {
        var predictor = FitReference(ModelTask.Binary, "two");
        Assert.Equal([1.7084854119227817f, -2.350526069795774f, 0.32598013f], [.. predictor.Weights[0], predictor.Intercepts[0]], new Near(2e-5f));
    }

    [Fact]
    public void Multinomial_regression_has_the_reference_weights()
    {
        var predictor = FitReference(ModelTask.Multiclass, "three");
        Assert.Equal([0.17974954604795207f, -0.21750281573033742f, -1.4225620761510234f, -0.1573203209788739f, 1.2428125301030712f, 0.374823136709211f],
            predictor.Weights.SelectMany(w => w), new Near(2e-5f));
        Assert.Equal([0.014203198197655203f, -0.7007705915736391f, 0.6865673933759836f], predictor.Intercepts, new Near(2e-5f));
    }

    [Fact]
    public void Exact_data_give_back_their_line()
    {
        double[] a = [1, 2, 3, 4, 5, 6, 7], b = [2, 0, 5, -1, 3, 8, 1];
        var train = Rows.Of(Rows.Numbers("a", a), Rows.Numbers("b", b), Rows.Numbers("y", [.. a.Zip(b, (p, q) => 3 + (2 * p) - (5 * q))]));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", new LinearOptions { L2 = 0 }, ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric)));
        Assert.Equal([3f, 3 + 20 - 500], model.Predict(Rows.Of(Rows.Numbers("a", 0, 10), Rows.Numbers("b", 0, 100))), new Near(1e-3f));
    }

    [Fact]
    public void Features_that_repeat_each_other_do_no_harm_without_a_penalty()
    {
        // The third is the sum of the others, but for rounding.
        double[] a = [.. Rows.Stream(1).Take(50)], b = [.. Rows.Stream(2).Take(50)];
        var train = Rows.Of(Rows.Numbers("a", a), Rows.Numbers("b", b), Rows.Numbers("c", [.. a.Zip(b, (p, q) => p + q)]), Rows.Numbers("y", [.. a.Zip(b, (p, q) => p - q)]));
        var model = Rows.Fit(train, Rows.Spec(ModelTask.Regression, "y", new LinearOptions { L2 = 0 },
            ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric), ("c", FeatureKind.Numeric)));
        Assert.Equal([0.1f], model.Predict(Rows.Of(Rows.Numbers("a", 0.5), Rows.Numbers("b", 0.4), Rows.Numbers("c", 0.9))), new Near(1e-4f));
        Assert.All(((LinearPredictor)model.Predictor).Weights[0], w => Assert.InRange(w, -10, 10));
    }

    [Theory]
    [InlineData(ModelTask.Binary, "two")]
    [InlineData(ModelTask.Multiclass, "three")]
    public void Features_of_any_size_are_learnt_as_well_as_standardised_ones(ModelTask task, string label)
    {
        var warned = new List<Diagnostic>();
        float[] Fit(bool standardised) => new Scorer(Learner.Fit(Sizes, SizesSpec(task, label, standardised, l1: 0), null, 1, default, warned.Add)).Predict(Sizes).Values;
        Assert.Equal(Fit(standardised: true), Fit(standardised: false), new Near(1e-3f));
        Assert.Empty(warned);
    }

    /// <remarks>At the minimum the loss falls with a weight as fast as its penalty rises, or, at 0, more slowly.</remarks>
    [Fact]
    public void A_penalty_on_sizes_is_on_the_features_own_weights()
    {
        const double L1 = 30;
        var model = Rows.Fit(Sizes, SizesSpec(ModelTask.Binary, "two", standardised: false, L1));
        var weights = ((LinearPredictor)model.Predictor).Weights[0];
        var truth = ((StringColumn)Sizes["two"]) is var column ? Enumerable.Range(0, 800).Select(row => column.Text(row) == model.Signature.Classes[1] ? 1 : 0).ToArray() : [];
        var predicted = new Scorer(model).Predict(Sizes).Values;
        Assert.Contains(0f, weights);
        Assert.Contains(weights, weight => weight != 0);
        foreach (var (weight, feature) in weights.Zip(new[] { "cents", "share", "year" }))
        {
            var x = ((NumberColumn)Sizes[feature]).Values;
            var (slope, size) = (x.Select((value, row) => (predicted[(2 * row) + 1] - truth[row]) * value).Sum(), x.Max() * 800 * 1e-6);
            Assert.InRange(weight == 0 ? Math.Abs(slope) : -slope * Math.Sign(weight), weight == 0 ? 0 : L1 - size, L1 + size);
        }
    }

    /// <summary>A year, a price in cents and a share.</summary>
    private static readonly Frame Sizes = Rows.Mixed(800, 6) is var all && all["a"] is NumberColumn a && all["b"] is NumberColumn b
        ? Rows.Of(
            Rows.Numbers("year", [.. a.Values.Select(value => double.IsNaN(value) ? 2000 : 2000 + Math.Round(20 * value))]),
            Rows.Numbers("cents", [.. b.Values.Select(value => 1e7 * value)]),
            Rows.Numbers("share", [.. a.Values.Select(value => double.IsNaN(value) ? 0 : 1e-5 * value * value)]),
            all["two"], all["three"])
        : throw new InvalidOperationException();

    private static LearningSpec SizesSpec(ModelTask task, string label, bool standardised, double l1) => new(
        task, label, null, [.. new[] { "cents", "share", "year" }.Select(name => new FeatureSpec(name, new NumericFeature { Standardise = standardised }))],
        new LinearOptions { L2 = 0, L1 = l1, Tolerance = 1e-7 });

    [Fact]
    public void A_solver_that_runs_out_of_steps_says_so()
    {
        var warned = new List<Diagnostic>();
        var model = Learner.Fit(Rows.Mixed(400, 2), Rows.MixedSpec(ModelTask.Binary, new LinearOptions { L2 = 0, MaxIterations = 2 }), null, 1, default, warned.Add);
        var warning = Assert.Single(warned);
        Assert.Equal(("MLO6071", Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains("after 2 steps", warning.Why!, StringComparison.Ordinal);
        Assert.True(Explainer.CanExplain(model));
    }

    [Fact]
    public void Elimination_and_iteration_agree()
    {
        // Text is solved by iteration: a word that no row lacks changes nothing but the solver.
        var train = Rows.Mixed(500, 4);
        var spec = Rows.Spec(ModelTask.Regression, "number", new LinearOptions { L2 = 1, Tolerance = 1e-11, MaxIterations = 5000 }, ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric));
        var texts = new Frame([.. train.Columns, Rows.Texts("same", [.. Enumerable.Repeat("word", 500)])]);
        var byIteration = Rows.Fit(texts, spec with { Features = [.. spec.Features, new("same", FeatureKind.Text)] });
        Assert.Equal(Rows.Fit(train, spec).Predict(train), byIteration.Predict(texts), new Near(1e-5f));
    }

    [Fact]
    public void Separable_classes_without_a_penalty_end_in_numbers()
    {
        var train = Rows.Of(Rows.Numbers("x", 1, 2, 3, 4), Rows.Texts("y", "no", "no", "yes", "yes"));
        var probabilities = Rows.Fit(train, Rows.Spec(ModelTask.Binary, "y", new LinearOptions { L2 = 0 }, ("x", FeatureKind.Numeric))).Predict(train);
        Assert.All(probabilities, p => Assert.InRange(p, 0, 1));
        Assert.True(probabilities[1] < 0.01 && probabilities[7] > 0.99);
    }

    private static LinearPredictor FitReference(ModelTask task, string label)
    {
        double[] all = [.. Rows.Stream(12345).Take(180)];
        double[] a = [.. Enumerable.Range(0, 60).Select(i => Math.Round(all[2 * i] * 1000) / 1000)];
        double[] b = [.. Enumerable.Range(0, 60).Select(i => Math.Round(all[(2 * i) + 1] * 1000) / 1000)];
        var u = all[120..];
        var train = Rows.Of(Rows.Numbers("a", a), Rows.Numbers("b", b),
            Rows.Numbers("number", [.. u.Select((v, i) => (2 * a[i]) - (3 * b[i]) + 0.5 + (v - 0.5))]),
            Rows.Texts("two", [.. u.Select((v, i) => (2 * a[i]) - (3 * b[i]) + 0.5 + ((v - 0.5) * 2) > 0 ? "1" : "0")]),
            Rows.Texts("three", [.. u.Select((v, i) => v < 0.3 ? "0" : a[i] + v > 1 ? "2" : "1")]));
        var model = Rows.Fit(train, Rows.Spec(task, label, Exact, ("a", FeatureKind.Numeric), ("b", FeatureKind.Numeric)));
        return (LinearPredictor)model.Predictor;
    }
}
