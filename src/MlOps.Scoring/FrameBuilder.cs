using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Collects rows that callers send, cell by cell, into the frame that a model takes; can be used again and again.</summary>
/// <remarks>Not safe for several threads at once. Setters mean the row that was added last.</remarks>
public sealed class FrameBuilder : InputCells
{
    private FrameBuilder(Signature signature)
        : base(signature, [.. signature.Inputs.Select(CellList.For)])
    {
    }

    /// <summary>Rows added since the start or the last <see cref="Clear"/>.</summary>
    public int RowCount { get; private set; }

    /// <summary>An empty builder for a model's inputs.</summary>
    public static FrameBuilder For(Signature signature) => new(signature);

    /// <summary>Adds a row whose cells are all missing; setters mean it from now on.</summary>
    public void AddRow()
    {
        RowCount++;
        foreach (var cells in Cells)
        {
            cells.AddMissing();
        }
    }

    /// <summary>The rows as a frame with one column per input; later changes to the builder do not reach it.</summary>
    public Frame Build() => new(Array.ConvertAll(Cells, cells => cells.Build()));

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        RowCount = 0;
        foreach (var cells in Cells)
        {
            cells.Clear();
        }
    }
}
