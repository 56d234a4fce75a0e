using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using MlOps.Scoring.Internal;

namespace MlOps.Scoring;

/// <summary>Takes the cells of a row that callers send, one by one.</summary>
/// <remarks>
/// A cell that is never set is missing, and so is an empty text. Values convert where nothing is lost: a number to a category by its text (8 becomes <c>8</c>), the text
/// <c>8</c> to a number, ISO 8601 text or milliseconds to an instant. Every setter refuses the impossible with false and a reason, a clause that names no input: the caller knows
/// which one it was.
/// </remarks>
public abstract class InputCells
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly (byte[] Name, int Index)[] _byUtf8;

    private protected InputCells(Signature signature, CellList[] cells)
    {
        (Signature, Cells) = (signature, cells);
        _byUtf8 = new (byte[], int)[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            _byName.Add(signature.Inputs[i].Name, i);
            _byUtf8[i] = (Encoding.UTF8.GetBytes(signature.Inputs[i].Name), i);
        }
    }

    /// <summary>What the rows are for; inputs are named by their index in it.</summary>
    public Signature Signature { get; }

    private protected CellList[] Cells { get; }

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

    /// <summary>Sets a cell to a number: a quantity, 0 or 1, a category by its text, or whole milliseconds since the epoch.</summary>
    /// <returns>False where it is not finite, beyond float32 for a quantity, or no truth value or instant where one is wanted.</returns>
    public bool TrySetNumber(int input, double value, [NotNullWhen(false)] out string? reason)
    {
        reason = double.IsFinite(value) ? Cells[input].Set(value) : "is not a finite number";
        return reason is null;
    }

    /// <summary>Sets a cell to a text; numbers, truth values and ISO 8601 instants are read from it where the input is such.</summary>
    /// <returns>False where the text cannot be read as what the input wants.</returns>
    public bool TrySetText(int input, string value, [NotNullWhen(false)] out string? reason) => TrySetText(input, value.AsSpan(), out reason);

    /// <summary>As <see cref="TrySetText(int, string, out string?)"/>, from UTF-8.</summary>
    public bool TrySetText(int input, ReadOnlySpan<byte> utf8, [NotNullWhen(false)] out string? reason)
    {
        var rented = utf8.Length > 256 ? ArrayPool<char>.Shared.Rent(utf8.Length) : null;
        var text = rented ?? stackalloc char[256];
        var isSet = TrySetText(input, text[..Encoding.UTF8.GetChars(utf8, text)], out reason);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return isSet;
    }

    /// <summary>Sets a cell to a truth value: 0 or 1 for a quantity, <c>true</c> or <c>false</c> for a category.</summary>
    /// <returns>False where an instant is wanted.</returns>
    public bool TrySetBoolean(int input, bool value, [NotNullWhen(false)] out string? reason)
    {
        reason = Cells[input].Set(value);
        return reason is null;
    }

    /// <summary>Makes a cell missing.</summary>
    public void SetMissing(int input) => Cells[input].SetMissing();

    private bool TrySetText(int input, ReadOnlySpan<char> text, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        if (text.IsEmpty)
        {
            SetMissing(input);
        }
        else
        {
            reason = Cells[input].Set(text);
        }

        return reason is null;
    }
}
