using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Rows;

/// <summary>Reads rows that come as a CSV table with a header; cells mean what the texts of a JSON row would.</summary>
internal static class CsvRows
{
    /// <summary>The rows, in a builder that the model wants back.</summary>
    /// <exception cref="RequestException">400 or 413: what is wrong with the table.</exception>
    public static FrameBuilder Read(ReadOnlySpan<byte> body, LoadedModel model)
    {
        var table = Table(body.ToArray());
        if (table.RowCount > LoadedModel.MaxRows)
        {
            throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"more than {LoadedModel.MaxRows} rows in one request; send them in several");
        }

        var rows = model.Rent();
        var places = table.Columns.Select(column => Place(column.Name, rows, model)).ToList();
        for (var row = 0; row < table.RowCount; row++)
        {
            rows.AddRow();
            for (var column = 0; column < places.Count; column++)
            {
                if (table.Columns[column].Text(row) is { } text && !rows.TrySetText(places[column], text, out var reason))
                {
                    throw RequestException.BadRequest($"row {row + 1}: column '{table.Columns[column].Name}': {reason}");
                }
            }
        }

        return rows;
    }

    /// <summary>Every cell as the text that it is.</summary>
    private static Frame Table(byte[] body)
    {
        try
        {
            // Once for the names alone: their types are the model's to say.
            var header = CsvReader.Read(body);
            return CsvReader.Read(body, new() { Schema = new([.. header.Columns.Select(column => new ColumnSchema(column.Name, ColumnType.String))]) });
        }
        catch (DiagnosticException fault)
        {
            var first = fault.Diagnostics[0];
            throw RequestException.BadRequest($"the body is no CSV table with a header{(first.Where?.Split(':') is [_, var line, ..] ? $", line {line}" : "")}: {first.What}{(first.Why is null ? "" : $": {first.Why}")}");
        }
    }

    private static int Place(string column, FrameBuilder rows, LoadedModel model) => rows.IndexOf(column) is >= 0 and var place ? place
        : throw RequestException.BadRequest(column == model.Signature.Label
            ? $"column '{column}' is what the model predicts; leave it out"
            : $"the model has no column '{column}'{Suggestion.Among(column, model.Inputs.Select(each => each.Name), "it takes")}");
}
