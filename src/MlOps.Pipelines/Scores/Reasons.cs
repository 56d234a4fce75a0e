using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Pipelines.Scores;

/// <summary>What each row's raw score is made of: the base value, and what every column adds to it; of several classes, that of the predicted one.</summary>
/// <exception cref="MlOps.Content.DiagnosticException">MLO5020: the model cannot be explained.</exception>
internal sealed class Reasons(TrainedModel model)
{
    /// <summary>Rows that are explained at once: some hundred columns of some hundred classes still fit into memory.</summary>
    private const int Block = 64;

    private readonly Explainer _explainer = new(model);
    private Explanations? _explained;

    /// <summary>The columns that reasons fill.</summary>
    public static IReadOnlyList<string> Columns(Signature signature) => ["because", .. signature.Inputs.Select(input => $"because:{input.Name}")];

    /// <summary>The base value and the contributions of a row; rows are asked for in their order.</summary>
    /// <param name="part">The model's inputs.</param>
    /// <param name="output">Which raw score.</param>
    public (double Base, ReadOnlyMemory<double> Contributions) Of(Frame part, int row, int output)
    {
        if (row % Block == 0 || _explained is null)
        {
            _explained = _explainer.Explain(part.Select([.. Enumerable.Range(row, Math.Min(Block, part.RowCount - row))]));
        }

        return (_explained.BaseValues[output], _explained.Of(row % Block, output).ToArray());
    }
}
