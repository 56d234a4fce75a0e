using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>The label as numbers to be explained: itself for regression, else one 0/1 series per class (one alone for binary).</summary>
internal sealed record LabelView(ModelTask Task, IReadOnlyList<double[]> Series)
{
    internal static LabelView Of(Frame training, InferredModel model)
    {
        var label = training[model.Label];
        return model.Task switch
        {
            ModelTask.Regression => new(model.Task, [((NumberColumn)label).Values]),
            ModelTask.Binary => new(model.Task, [Marks(label, model.Positive!)]),
            _ => new(model.Task, [.. model.Classes.Select(name => Marks(label, name))]),
        };
    }

    /// <summary>What the score is called.</summary>
    internal string Score => Task == ModelTask.Regression ? "R²" : "AUC";

    private static double[] Marks(Column label, string value)
    {
        var marks = new double[label.Length];
        for (var row = 0; row < marks.Length; row++)
        {
            marks[row] = string.Equals(label.Text(row), value, StringComparison.Ordinal) ? 1 : 0;
        }

        return marks;
    }
}
