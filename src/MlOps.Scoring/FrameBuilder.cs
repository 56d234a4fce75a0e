using MlOps.Data;

namespace MlOps.Scoring;

/// <summary>Collects rows that callers send, cell by cell, into the frame that a model takes; can be used again and again.</summary>
/// <remarks>Not safe for several threads at once. A cell that is never set is missing. Every setter refuses what it cannot represent
/// exactly with false and a reason that names no input: the caller knows which one it was.</remarks>
public sealed class FrameBuilder
{
    private FrameBuilder(Signature signature) => Signature = signature;

    /// <summary>What the rows are for; inputs are named by their index in it.</summary>
    public Signature Signature { get; }

    /// <summary>Rows added since the start or the last <see cref="Clear"/>.</summary>
    public int RowCount { get; private set; }

    /// <summary>An empty builder for a model's inputs.</summary>
    public static FrameBuilder For(Signature signature) => new(signature);

    /// <summary>The index of an input in the signature by its column's name; −1 if there is none.</summary>
    public int IndexOf(string name) => throw new NotSupportedException();

    /// <summary>The index of an input in the signature by its column's name in UTF-8; −1 if there is none.</summary>
    public int IndexOf(ReadOnlySpan<byte> name) => throw new NotSupportedException();

    /// <summary>Adds a row whose cells are all missing; setters mean it from now on.</summary>
    public void AddRow() => throw new NotSupportedException();

    /// <summary>Sets a cell of the last row to a number: a quantity, 0 or 1, a category by its text, or milliseconds since the epoch.</summary>
    public bool TrySetNumber(int input, double value, out string? reason) => throw new NotSupportedException();

    /// <summary>Sets a cell of the last row to a text; numbers, truth values and ISO 8601 instants are read from it where the input is such.</summary>
    public bool TrySetText(int input, string value, out string? reason) => throw new NotSupportedException();

    /// <summary>As <see cref="TrySetText(int, string, out string?)"/>, from UTF-8.</summary>
    public bool TrySetText(int input, ReadOnlySpan<byte> utf8, out string? reason) => throw new NotSupportedException();

    /// <summary>Sets a cell of the last row to a truth value: 0 or 1 for a quantity, <c>true</c> or <c>false</c> for a category.</summary>
    public bool TrySetBoolean(int input, bool value, out string? reason) => throw new NotSupportedException();

    /// <summary>Makes a cell of the last row missing.</summary>
    public void SetMissing(int input) => throw new NotSupportedException();

    /// <summary>The rows as a frame with one column per input; later changes to the builder do not reach it.</summary>
    public Frame Build() => throw new NotSupportedException();

    /// <summary>Forgets all rows.</summary>
    public void Clear() => RowCount = 0;
}
