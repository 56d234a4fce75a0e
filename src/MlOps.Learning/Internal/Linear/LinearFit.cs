using System.Globalization;
using MlOps.Content;
using MlOps.Learning.Internal.Trees;
using MlOps.Scoring;

namespace MlOps.Learning.Internal.Linear;

/// <summary>Fits a linear predictor: by elimination where that is cheap, else by iteration.</summary>
internal static class LinearFit
{
    // Multiplications that the normal equations may cost.
    private const double MostWork = 4e10;
    private const int MostWidth = 3000;

    /// <summary>Sparse features stay sparse: none of the solvers that take them spreads them out.</summary>
    public static LinearPredictor Fit(FeatureMatrix features, Training training, LinearOptions options)
    {
        var (truth, workers) = (training.Truth, training.Workers);
        var (labels, rowWeights) = truth;
        var task = labels.Signature.Task;
        var width = features.Width;
        if (task == ModelTask.Regression && options.L1 == 0 && features.Sparse is null && width <= MostWidth && (double)features.Rows * width * width <= MostWork)
        {
            var (weights, intercept) = LeastSquares.Fit(features, truth, options.L2, workers);
            return new(Link.Identity, [ToFloats(weights)], [(float)intercept]);
        }

        RowLoss loss = task switch
        {
            ModelTask.Regression => new SquaredRowLoss(labels.Numbers, rowWeights),
            ModelTask.Binary => new LogisticRowLoss(labels.Classes, rowWeights),
            _ => new SoftmaxRowLoss(labels.Classes, labels.Signature.Classes.Count, rowWeights),
        };
        var objective = new LinearObjective(features, loss, options.L2, workers);
        var (link, unit, centre) = loss is SquaredRowLoss squared ? (Link.Identity, squared.Unit, squared.Mean)
            : (loss is LogisticRowLoss ? Link.Logistic : Link.Softmax, 1.0, 0.0);
        var scale = new ColumnScale(features, loss.Outputs);
        var found = Lbfgs.Minimise(scale.Around(objective.Evaluate), objective.Start(), scale.Penalty(options.L1 / unit / features.Rows), options,
            (done, total) => training.Progress?.Invoke("iterations", done, total));
        if (found.Steepest is { } steepest)
        {
            training.Warn(Unfinished(steepest, options));
        }

        var solution = scale.Back(found.Point);
        return new(link,
            [.. Enumerable.Range(0, loss.Outputs).Select(k => ToFloats(solution.AsSpan(k * width, width), unit))],
            [.. Enumerable.Range(0, loss.Outputs).Select(k => (float)((solution[(loss.Outputs * width) + k] * unit) + centre))]);
    }

    private static Diagnostic Unfinished(double steepest, LinearOptions options) => new("MLO6071", "the linear solver ended before it found the best weights")
    {
        Severity = Severity.Warning,
        Why = string.Create(CultureInfo.InvariantCulture, $"after {options.MaxIterations} steps the largest partial derivative is {steepest:G3}, and 'tolerance' is {options.Tolerance}"),
        Mend = "raise \"maxIterations\" of \"trainer\", raise \"l2\", or raise \"tolerance\" to accept it",
    };

    private static float[] ToFloats(ReadOnlySpan<double> weights, double unit = 1)
    {
        var floats = new float[weights.Length];
        for (var i = 0; i < floats.Length; i++)
        {
            floats[i] = (float)(weights[i] * unit);
        }

        return floats;
    }
}
