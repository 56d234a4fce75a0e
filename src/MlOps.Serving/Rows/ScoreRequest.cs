using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;

namespace MlOps.Serving.Rows;

/// <summary>Reads plain rows: <c>{"hour": 8}</c>, an array of such objects, or <c>{"model": "m", "rows": [ … ]}</c>.</summary>
/// <remarks>An object is an envelope where its first member is <c>rows</c> with an array, or <c>model</c> with a text and then <c>rows</c>
/// with an array: cells are never arrays, so a column of either name is still a column.</remarks>
internal ref struct ScoreRequest
{
    private readonly ModelCatalog _catalog;
    private Utf8JsonReader _reader;

    private ScoreRequest(ReadOnlySpan<byte> body, ModelCatalog catalog)
    {
        _reader = new Utf8JsonReader(body);
        _catalog = catalog;
    }

    /// <summary>The rows, in a builder that the model wants back, and the model that they are for.</summary>
    /// <param name="body">The JSON.</param>
    /// <param name="catalog">The models served.</param>
    /// <param name="named">The model that the address names, if it does.</param>
    /// <exception cref="RequestException">400, 404 or 413: what is wrong with the body.</exception>
    public static (LoadedModel Model, FrameBuilder Rows) Read(ReadOnlySpan<byte> body, ModelCatalog catalog, string? named)
    {
        if (body.Trim(" \t\r\n"u8).IsEmpty)
        {
            throw RequestException.BadRequest("the body is empty; send a row as a JSON object, or an array of rows");
        }

        try
        {
            return new ScoreRequest(body, catalog).Read(named);
        }
        catch (JsonException problem)
        {
            throw RequestBody.Broken(problem);
        }
    }

    private (LoadedModel Model, FrameBuilder Rows) Read(string? named)
    {
        _reader.Read();
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            throw RequestException.BadRequest("the body is neither a row (a JSON object) nor an array of rows");
        }

        var isEnvelope = IsEnvelope(out var inBody);
        if (inBody is not null && named is not null && inBody != named)
        {
            throw RequestException.BadRequest($"the address names model '{named}', the body '{inBody}'");
        }

        var model = _catalog.Resolve(named ?? inBody);
        var rows = model.Rent();
        if (isEnvelope)
        {
            ReadEnvelope(rows, model);
        }
        else if (_reader.TokenType == JsonTokenType.StartArray)
        {
            ReadRows(rows, model);
        }
        else
        {
            ReadRow(rows, model);
        }

        // Anything after the value is a JsonException.
        _reader.Read();
        return (model, rows);
    }

    /// <summary>Looks ahead without moving.</summary>
    private readonly bool IsEnvelope(out string? model)
    {
        model = null;
        var ahead = _reader;
        if (ahead.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        ahead.Read();
        var isEnvelope = false;
        if (IsProperty(ref ahead, "rows"u8) && ahead.Read() && ahead.TokenType == JsonTokenType.StartArray)
        {
            isEnvelope = true;
            ahead.Skip();
            ahead.Read();
        }

        if (IsProperty(ref ahead, "model"u8) && ahead.Read() && ahead.TokenType == JsonTokenType.String)
        {
            model = JsonCell.Text(ref ahead);
            isEnvelope = isEnvelope || (ahead.Read() && IsProperty(ref ahead, "rows"u8) && ahead.Read() && ahead.TokenType == JsonTokenType.StartArray);
        }

        model = isEnvelope ? model : null;
        return isEnvelope;
    }

    private static bool IsProperty(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.TokenType == JsonTokenType.PropertyName && !reader.ValueIsEscaped && reader.ValueSpan.SequenceEqual(name);

    private void ReadEnvelope(FrameBuilder rows, LoadedModel model)
    {
        var hasRows = false;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonCell.Text(ref _reader);
            _reader.Read();
            if (name == "rows" && !hasRows && _reader.TokenType == JsonTokenType.StartArray)
            {
                hasRows = true;
                ReadRows(rows, model);
            }
            else if (name != "model" || _reader.TokenType != JsonTokenType.String)
            {
                throw RequestException.BadRequest($"'{name}' beside \"rows\" is not known, or stands twice; {{\"model\": \"…\", \"rows\": [ … ]}} is");
            }
        }
    }

    private void ReadRows(FrameBuilder rows, LoadedModel model)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                throw RequestException.BadRequest($"row {rows.RowCount + 1} is not a JSON object");
            }

            if (rows.RowCount == LoadedModel.MaxRows)
            {
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"more than {LoadedModel.MaxRows} rows in one request; send them in several");
            }

            ReadRow(rows, model);
        }
    }

    private void ReadRow(FrameBuilder rows, LoadedModel model)
    {
        rows.AddRow();
        var inputs = model.Inputs;
        var seen = inputs.Count <= 512 ? stackalloc bool[inputs.Count] : new bool[inputs.Count];
        var next = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var input = Find(rows, model, next);
            if (seen[input])
            {
                throw RequestException.BadRequest($"row {rows.RowCount}: column '{inputs[input].Name}' stands twice");
            }

            seen[input] = true;
            next = input + 1;
            _reader.Read();
            if (!JsonCell.TrySet(rows, input, ref _reader, out var reason))
            {
                throw RequestException.BadRequest($"row {rows.RowCount}: column '{inputs[input].Name}': {reason}");
            }
        }
    }

    /// <summary>The input that the property names; most callers send columns in the signature's order.</summary>
    private int Find(FrameBuilder rows, LoadedModel model, int expected)
    {
        if (!_reader.ValueIsEscaped)
        {
            var names = model.InputNames;
            if (expected < names.Length && _reader.ValueSpan.SequenceEqual(names[expected]))
            {
                return expected;
            }

            if (rows.IndexOf(_reader.ValueSpan) is >= 0 and var found)
            {
                return found;
            }
        }

        var name = JsonCell.Text(ref _reader);
        if (rows.IndexOf(name) is >= 0 and var index)
        {
            return index;
        }

        throw RequestException.BadRequest(name == model.Signature.Label
            ? $"row {rows.RowCount}: column '{name}' is what the model predicts; leave it out"
            : $"row {rows.RowCount}: the model has no column '{name}'{Suggestion.Among(name, model.Inputs.Select(each => each.Name), "it takes")}");
    }
}
