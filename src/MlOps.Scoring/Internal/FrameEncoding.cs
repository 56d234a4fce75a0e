using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>All encoders of a model ready to run.</summary>
internal sealed class FrameEncoding
{
    private readonly ColumnEncoding[] _dense;
    private readonly int[] _widths;
    private readonly SparseEncoding[] _sparse;

    public FrameEncoding(IReadOnlyList<Encoder> encoders)
    {
        var sparse = encoders.Count(e => e.IsSparse);
        if (encoders.TakeLast(sparse).Any(e => !e.IsSparse))
        {
            throw new ArgumentException("sparse encoders stand last", nameof(encoders));
        }

        _dense = [.. encoders.SkipLast(sparse).Select(ColumnEncoding.For)];
        _widths = [.. encoders.SkipLast(sparse).Select(e => e.Width)];
        _sparse = [.. encoders.TakeLast(sparse).Select(SparseEncoding.For)];
    }

    /// <summary>The same for one row, whose cells stand in the order of the inputs.</summary>
    public RowEncoding ForRow(Signature signature, CellList[] cells)
    {
        var byName = signature.Inputs.Select((input, i) => (input.Name, i)).ToDictionary(input => input.Name, input => cells[input.i], StringComparer.Ordinal);
        return new(
            [.. _dense.Select((encoding, i) => (encoding, byName[encoding.Column], _widths[i]))],
            [.. _sparse.Select(encoding => (encoding, (TextCell)byName[encoding.Column]))]);
    }

    public FeatureMatrix Encode(Frame frame)
    {
        Check(frame);
        var dense = new float[_widths.Sum()][];
        foreach (ref var feature in dense.AsSpan())
        {
            feature = new float[frame.RowCount];
        }

        for (int i = 0, at = 0; i < _dense.Length; at += _widths[i++])
        {
            _dense[i].Encode(frame[_dense[i].Column], dense.AsSpan(at, _widths[i]));
        }

        return new(frame.RowCount, dense, _sparse.Length == 0 ? null : Sparse(frame));
    }

    private SparseRows Sparse(Frame frame)
    {
        var rows = new SparseBuilder(frame.RowCount, _sparse.Sum(s => s.Width));
        var columns = Array.ConvertAll(_sparse, s => frame[s.Column]);
        for (var row = 0; row < frame.RowCount; row++)
        {
            var offset = 0;
            for (var i = 0; i < _sparse.Length; i++)
            {
                _sparse[i].Encode(columns[i], row, offset, rows);
                offset += _sparse[i].Width;
            }

            rows.EndRow(row);
        }

        return rows.Build();
    }

    private void Check(Frame frame)
    {
        List<Diagnostic>? found = null;
        foreach (var encoding in _dense)
        {
            Check(frame, encoding.Column, encoding.Takes, encoding.Wanted, ref found);
        }

        foreach (var encoding in _sparse)
        {
            Check(frame, encoding.Column, encoding.Takes, encoding.Wanted, ref found);
        }

        if (found is not null)
        {
            throw new DiagnosticException(found);
        }
    }

    private static void Check(Frame frame, string name, Func<Column, bool> takes, string wanted, ref List<Diagnostic>? found)
    {
        if (!frame.TryGet(name, out var column))
        {
            var names = frame.Columns.Select(c => c.Name).ToArray();
            var nearest = Diagnostic.Nearest(name, names);
            (found ??= []).Add(new("MLO5001", $"column '{name}' is missing")
            {
                Why = $"the rows have columns {string.Join(", ", names)}",
                Mend = nearest is null ? $"add the column '{name}'" : $"rename '{nearest}' to '{name}', if that is what it is",
            });
        }
        else if (!takes(column) && column.MissingCount < column.Length)
        {
            (found ??= []).Add(new("MLO5002", $"column '{name}' holds values of type {column.Type}, but the model takes {wanted}")
            {
                Why = Example(column),
                Mend = $"give {wanted} in '{name}'",
            });
        }
    }

    private static string Example(Column column)
    {
        var row = 0;
        while (column.IsMissing(row))
        {
            row++;
        }

        return $"row {row + 1} has '{column.Text(row)}'";
    }
}
