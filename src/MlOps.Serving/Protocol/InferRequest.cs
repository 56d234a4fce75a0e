using System.Text.Json;
using MlOps.Scoring;
using MlOps.Serving.Http;
using MlOps.Serving.Models;
using MlOps.Serving.Rows;

namespace MlOps.Serving.Protocol;

/// <summary>Reads an inference request of the Open Inference Protocol: columns in, one tensor each.</summary>
/// <remarks>Members that the protocol does not name are ignored. Tensors come by column; rows are filled by one cursor per tensor,
/// so that no cell is stored twice.</remarks>
internal ref struct InferRequest
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly LoadedModel _model;
    private readonly FrameBuilder _rows;
    private readonly InputTensor?[] _inputs;
    private Utf8JsonReader _reader;

    private InferRequest(ReadOnlySpan<byte> body, LoadedModel model, FrameBuilder rows)
    {
        _body = body;
        _model = model;
        _rows = rows;
        _reader = new Utf8JsonReader(body);
        _inputs = new InputTensor?[model.Inputs.Count];
    }

    /// <summary>Fills the builder with the request's rows and returns what else the request says.</summary>
    /// <exception cref="RequestException">400 or 413: what is wrong with the body.</exception>
    public static InferOptions Read(ReadOnlySpan<byte> body, LoadedModel model, FrameBuilder rows)
    {
        if (body.Trim(" \t\r\n"u8).IsEmpty)
        {
            throw RequestException.BadRequest("the body is empty; send {\"inputs\": [ … ]}");
        }

        try
        {
            return new InferRequest(body, model, rows).Read();
        }
        catch (JsonException problem)
        {
            throw RequestBody.Broken(problem);
        }
    }

    private InferOptions Read()
    {
        _reader.Read();
        Expect(JsonTokenType.StartObject, "the body", "an object");
        string? id = null;
        List<string>? outputs = null;
        var hasInputs = false;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var member = JsonCell.Text(ref _reader);
            _reader.Read();
            switch (member)
            {
                case "id":
                    Expect(JsonTokenType.String, "id", "a text");
                    id = JsonCell.Text(ref _reader);
                    break;
                case "inputs":
                    Expect(JsonTokenType.StartArray, "inputs", "an array");
                    hasInputs = true;
                    ReadInputs();
                    break;
                case "outputs":
                    Expect(JsonTokenType.StartArray, "outputs", "an array");
                    outputs = ReadOutputs();
                    break;
                default:
                    _reader.Skip();
                    break;
            }
        }

        _reader.Read();
        FillRows(hasInputs);
        return new(id, outputs);
    }

    private void ReadInputs()
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.StartObject, "each of inputs", "an object");
            var tensor = ReadInput();
            var index = _rows.IndexOf(tensor.Name);
            if (index < 0)
            {
                var likely = Suggestion.Among(tensor.Name, _model.Inputs.Select(each => each.Name), "it takes");
                throw RequestException.BadRequest($"the model has no input '{tensor.Name}'{likely}");
            }

            _inputs[index] = _inputs[index] is null ? tensor : throw RequestException.BadRequest($"input '{tensor.Name}' stands twice");
        }
    }

    private InputTensor ReadInput()
    {
        string? name = null;
        Datatype? datatype = null;
        long? rows = null;
        (int Offset, JsonReaderState State)? data = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var member = JsonCell.Text(ref _reader);
            _reader.Read();
            switch (member)
            {
                case "name":
                    Expect(JsonTokenType.String, "an input's name", "a text");
                    name = JsonCell.Text(ref _reader);
                    break;
                case "datatype":
                    Expect(JsonTokenType.String, $"the datatype of input '{name}'", "a text");
                    var word = JsonCell.Text(ref _reader);
                    datatype = Datatype.Find(word) ?? throw RequestException.BadRequest($"datatype '{word}' of input '{name}' is not one of {Datatype.Names}");
                    break;
                case "shape":
                    Expect(JsonTokenType.StartArray, $"the shape of input '{name}'", "an array");
                    rows = ReadShape(name);
                    break;
                case "data":
                    Expect(JsonTokenType.StartArray, $"the data of input '{name}'", "an array");
                    data = ((int)_reader.BytesConsumed, _reader.CurrentState);
                    _reader.Skip();
                    break;
                default:
                    _reader.Skip();
                    break;
            }
        }

        var missing = name is null ? "name" : rows is null ? "shape" : datatype is null ? "datatype" : data is null ? "data" : null;
        return missing is null ? new(name!, (int)rows!, datatype!) { Offset = data!.Value.Offset, State = data.Value.State }
            : throw RequestException.BadRequest(name is null ? "an input has no name" : $"input '{name}' has no {missing}");
    }

    private long ReadShape(string? name)
    {
        Span<long> dimensions = stackalloc long[2];
        var rank = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (rank == 2 || _reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out dimensions[rank++]) || dimensions[rank - 1] < 0)
            {
                rank = 0;
                break;
            }
        }

        if (rank == 0 || (rank == 2 && dimensions[1] != 1))
        {
            throw RequestException.BadRequest($"the shape of input '{name}' is neither [rows] nor [rows, 1]");
        }

        return dimensions[0] <= LoadedModel.MaxRows ? dimensions[0]
            : throw new RequestException(StatusCodes.Status413PayloadTooLarge,
                $"input '{name}' has more than {LoadedModel.MaxRows} rows; send them in several requests");
    }

    private List<string> ReadOutputs()
    {
        var (known, names) = (OutputTensor.Names(_model.Signature), new List<string>());
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.StartObject, "each of outputs", "an object");
            string? name = null;
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
            {
                var isName = _reader.ValueTextEquals("name"u8);
                _reader.Read();
                if (isName)
                {
                    Expect(JsonTokenType.String, "an output's name", "a text");
                    name = JsonCell.Text(ref _reader);
                }
                else
                {
                    _reader.Skip();
                }
            }

            // Each once: a short request must not ask for an answer without end.
            names.Add(name is null ? throw RequestException.BadRequest("an output has no name")
                : !known.Contains(name) ? throw RequestException.BadRequest($"the model has no output '{name}'{Suggestion.Among(name, known, "it gives")}")
                : names.Contains(name) ? throw RequestException.BadRequest($"output '{name}' stands twice")
                : name);
        }

        return names;
    }

    private readonly void FillRows(bool hasInputs)
    {
        var model = _model;
        var missing = _inputs.Select((tensor, index) => tensor is null ? model.Inputs[index].Name : null).OfType<string>().ToList();
        if (missing.Count > 0 || _inputs.Length == 0)
        {
            throw RequestException.BadRequest(!hasInputs ? "the body has no inputs"
                : $"missing: {string.Join(", ", missing.Select(name => $"input '{name}'"))} (null stands for a missing value)");
        }

        var count = _inputs[0]!.Rows;
        if (Array.Find(_inputs, tensor => tensor!.Rows != count) is { } other)
        {
            throw RequestException.BadRequest($"input '{other.Name}' has {other.Rows} rows, input '{_inputs[0]!.Name}' has {count}");
        }

        for (var row = 0; row < count; row++)
        {
            _rows.AddRow();
            for (var input = 0; input < _inputs.Length; input++)
            {
                _inputs[input]!.SetCell(_body, _rows, input, row);
            }
        }

        foreach (var tensor in _inputs)
        {
            tensor!.ExpectEnd(_body);
        }
    }

    private readonly void Expect(JsonTokenType type, string what, string expected)
    {
        if (_reader.TokenType != type)
        {
            throw RequestException.BadRequest($"{what} is not {expected}");
        }
    }
}

/// <summary>What a request says beside its rows.</summary>
/// <param name="Id">Given back as it came.</param>
/// <param name="Outputs">The outputs wanted, in that order; null for all.</param>
internal sealed record InferOptions(string? Id, IReadOnlyList<string>? Outputs);
