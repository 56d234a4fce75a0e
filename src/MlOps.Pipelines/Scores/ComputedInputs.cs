using MlOps.Data;
using MlOps.Pipelines.ModelCode;
using MlOps.Scoring;

namespace MlOps.Pipelines.Scores;

/// <summary>The inputs of a model that its own code computes: by the functions that computed them for training, in the same worker.</summary>
/// <param name="code">The compiled functions.</param>
/// <param name="signature">The model's inputs.</param>
/// <param name="origin">The model's file, for diagnostics.</param>
internal sealed class ComputedInputs(CompiledModel code, Signature signature, string origin)
{
    private readonly List<ComputedColumn> _columns = [.. signature.Inputs.Where(input => input.Code is not null).Select(input => new ComputedColumn(input.Name, input.Code!, input.From))];

    /// <summary>The rows with the computed columns.</summary>
    /// <param name="rows">The rows with what the functions take.</param>
    /// <param name="cancellationToken">Ends the worker.</param>
    public Frame Of(Frame rows, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-code-").FullName;
        try
        {
            var table = Path.Join(folder, "rows.frame");
            using (var file = File.Create(table))
            {
                FrameFile.Write(rows, file);
            }

            return CodeRunner.Run(code, new(code.Assembly, table, [], _columns, origin), Path.Join(folder, "code"), report: null, cancellationToken).Table;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
