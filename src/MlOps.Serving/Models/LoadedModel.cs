using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using MlOps.Content;
using MlOps.Scoring;

namespace MlOps.Serving.Models;

/// <summary>A model ready to answer.</summary>
internal sealed class LoadedModel(string name, string version, Digest digest, TrainedModel model)
{
    /// <summary>The most rows that one request may hold.</summary>
    public const int MaxRows = 10_000;

    /// <summary>A builder that held more rows than this is not kept, so that one big request does not hold its memory for ever.</summary>
    private const int KeptRows = 256;

    private readonly ConcurrentBag<FrameBuilder> _builders = [];
    private readonly Scorer _scorer = new(model);

    public string Name => name;

    public string Version => version;

    public Digest Digest => digest;

    public TrainedModel Model => model;

    public Signature Signature => model.Signature;

    public JsonEncodedText EncodedName { get; } = JsonEncodedText.Encode(name);

    /// <summary>The inputs' names in UTF-8, in the signature's order.</summary>
    public byte[][] InputNames { get; } = [.. model.Signature.Inputs.Select(input => Encoding.UTF8.GetBytes(input.Name))];

    /// <summary>The classes as JSON strings, in the signature's order.</summary>
    public JsonEncodedText[] Classes { get; } = [.. model.Signature.Classes.Select(text => JsonEncodedText.Encode(text))];

    /// <summary>An empty builder for this model's rows; give it back with <see cref="Return"/>.</summary>
    public FrameBuilder Rent() => _builders.TryTake(out var builder) ? builder : FrameBuilder.For(Signature);

    public void Return(FrameBuilder builder)
    {
        if (builder.RowCount <= KeptRows)
        {
            builder.Clear();
            _builders.Add(builder);
        }
    }

    public Predictions Predict(FrameBuilder rows) =>
        rows.RowCount == 0 ? new(Signature, []) : _scorer.Predict(rows.Build());

    /// <summary>The class that <see cref="Predictions.Class"/> names, as JSON.</summary>
    public JsonEncodedText Class(Predictions predictions, int row)
    {
        var text = predictions.Class(row);
        for (var k = 0; k < Classes.Length; k++)
        {
            if (ReferenceEquals(Signature.Classes[k], text) || Signature.Classes[k] == text)
            {
                return Classes[k];
            }
        }

        throw new System.Diagnostics.UnreachableException(text);
    }
}
