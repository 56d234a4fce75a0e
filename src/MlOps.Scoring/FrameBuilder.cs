using System.Diagnostics.CodeAnalysis;
using System.Text;
using MlOps.Data;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Collects rows that callers send, cell by cell, into the frame that a model takes; can be used again and again.</summary>
/// <remarks>
/// Not safe for several threads at once. A cell that is never set is missing, and so is an empty text. Values convert where nothing is lost:
/// a number to a category by its text (8 becomes <c>8</c>), the text <c>8</c> to a number, ISO 8601 text or milliseconds to an instant.
/// Every setter refuses the impossible with false and a reason, a clause that names no input: the caller knows which one it was.
/// </remarks>
public sealed class FrameBuilder
{
    private readonly CellList[] _cells;
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly (byte[] Name, int Index)[] _byUtf8;

    private FrameBuilder(Signature signature)
    {
        Signature = signature;
        _cells = [.. signature.Inputs.Select(CellList.For)];
        _byUtf8 = new (byte[], int)[_cells.Length];
        for (var i = 0; i < _cells.Length; i++)
        {
            _byName.Add(signature.Inputs[i].Name, i);
            _byUtf8[i] = (Encoding.UTF8.GetBytes(signature.Inputs[i].Name), i);
        }
    }

    /// <summary>What the rows are for; inputs are named by their index in it.</summary>
    public Signature Signature { get; }

    /// <summary>Rows added since the start or the last <see cref="Clear"/>.</summary>
    public int RowCount { get; private set; }

    /// <summary>An empty builder for a model's inputs.</summary>
    public static FrameBuilder For(Signature signature) => new(signature);

    /// <summary>The index of an input in the signature by its column's name; −1 if there is none.</summary>
    public int IndexOf(string name) => _byName.GetValueOrDefault(name, -1);

    /// <summary>The index of an input in the signature by its column's name in UTF-8; −1 if there is none.</summary>
    public int IndexOf(ReadOnlySpan<byte> name)
    {
        foreach (var (candidate, index) in _byUtf8)
        {
            if (name.SequenceEqual(candidate))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Adds a row whose cells are all missing; setters mean it from now on.</summary>
    public void AddRow()
    {
        RowCount++;
        foreach (var cells in _cells)
        {
            cells.AddMissing();
        }
    }

    /// <summary>Sets a cell of the last row to a number: a quantity, 0 or 1, a category by its text, or whole milliseconds since the epoch.</summary>
    /// <returns>False where it is not finite, beyond float32 for a quantity, or no truth value or instant where one is wanted.</returns>
    public bool TrySetNumber(int input, double value, [NotNullWhen(false)] out string? reason)
    {
        reason = double.IsFinite(value) ? _cells[input].Set(value) : "is not a finite number";
        return reason is null;
    }

    /// <summary>Sets a cell of the last row to a text; numbers, truth values and ISO 8601 instants are read from it where the input is such.</summary>
    /// <returns>False where the text cannot be read as what the input wants.</returns>
    public bool TrySetText(int input, string value, [NotNullWhen(false)] out string? reason) => TrySetText(input, value.AsSpan(), out reason);

    /// <summary>As <see cref="TrySetText(int, string, out string?)"/>, from UTF-8.</summary>
    public bool TrySetText(int input, ReadOnlySpan<byte> utf8, [NotNullWhen(false)] out string? reason)
    {
        if (utf8.Length > 256)
        {
            return TrySetText(input, Encoding.UTF8.GetString(utf8).AsSpan(), out reason);
        }

        Span<char> text = stackalloc char[utf8.Length];
        return TrySetText(input, text[..Encoding.UTF8.GetChars(utf8, text)], out reason);
    }

    /// <summary>Sets a cell of the last row to a truth value: 0 or 1 for a quantity, <c>true</c> or <c>false</c> for a category.</summary>
    /// <returns>False where an instant is wanted.</returns>
    public bool TrySetBoolean(int input, bool value, [NotNullWhen(false)] out string? reason)
    {
        reason = _cells[input].Set(value);
        return reason is null;
    }

    /// <summary>Makes a cell of the last row missing.</summary>
    public void SetMissing(int input) => _cells[input].SetMissing();

    /// <summary>The rows as a frame with one column per input; later changes to the builder do not reach it.</summary>
    public Frame Build() => new(Array.ConvertAll(_cells, cells => cells.Build()));

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        RowCount = 0;
        foreach (var cells in _cells)
        {
            cells.Clear();
        }
    }

    private bool TrySetText(int input, ReadOnlySpan<char> text, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        if (text.IsEmpty)
        {
            SetMissing(input);
        }
        else
        {
            reason = _cells[input].Set(text);
        }

        return reason is null;
    }
}
