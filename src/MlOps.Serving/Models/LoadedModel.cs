using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Serving.Models;

/// <summary>A model ready to answer.</summary>
/// <param name="functions">What computes some of its inputs; null where callers have all of them.</param>
/// <param name="code">What that does.</param>
internal sealed class LoadedModel(string name, string version, Digest digest, TrainedModel model, InputFunctions? functions = null, Digest? code = null, ModelAbout? about = null)
{
    /// <summary>The most rows that one request may hold, and that one may have explained: an explanation takes a thousand times as long as a prediction.</summary>
    public const int MaxRows = 10_000, MaxExplained = 100;

    /// <summary>A builder that held more rows than this is not kept, so that one big request does not hold its memory for ever.</summary>
    private const int KeptRows = 256;

    private readonly ConcurrentBag<FrameBuilder> _builders = [];
    private readonly Scorer _scorer = new(model);
    private readonly Lazy<Explainer> _explainer = new(() => new(model));

    public string Name => name;

    public string Version => version;

    public Digest Digest => digest;

    /// <summary>What computes some of its inputs.</summary>
    public Digest? Code => code;

    public TrainedModel Model => model;

    /// <summary>What people may want to know of it.</summary>
    public ModelAbout About { get; } = about ?? new(null, null);

    /// <summary>The categories that it has learnt of a column, in their order, without that of missing values.</summary>
    public IReadOnlyList<string> Categories(string column) => [.. model.Encoders.Where(encoder => encoder.Column == column)
        .SelectMany(encoder => encoder switch { OrdinalEncoder ordinal => ordinal.Categories, OneHotEncoder oneHot => oneHot.Categories, _ => [] })
        .Where(category => category.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    public Signature Signature => model.Signature;

    /// <summary>What callers send.</summary>
    public IReadOnlyList<InputColumn> Inputs => Request.Inputs;

    public JsonEncodedText EncodedName { get; } = JsonEncodedText.Encode(name);

    /// <summary>The names of <see cref="Inputs"/> in UTF-8, in their order.</summary>
    public byte[][] InputNames { get; } = [.. (functions?.Request ?? model.Signature).Inputs.Select(input => Encoding.UTF8.GetBytes(input.Name))];

    /// <summary>The classes as JSON strings, in the signature's order.</summary>
    public JsonEncodedText[] Classes { get; } = [.. model.Signature.Classes.Select(text => JsonEncodedText.Encode(text))];

    /// <summary>An empty builder for this model's rows; give it back with <see cref="Return"/>.</summary>
    public FrameBuilder Rent() => _builders.TryTake(out var builder) ? builder : FrameBuilder.For(Request);

    public void Return(FrameBuilder builder)
    {
        if (builder.RowCount <= KeptRows)
        {
            builder.Clear();
            _builders.Add(builder);
        }
    }

    /// <summary>Whether predictions can be explained.</summary>
    public bool CanExplain => Explainer.CanExplain(model);

    /// <summary>Scores the rows of a builder, which is free again afterwards.</summary>
    /// <param name="rows">What callers sent.</param>
    /// <param name="isExplained">Whether to say what each column did; needs <see cref="CanExplain"/>.</param>
    /// <exception cref="RowException">A function has nothing for a row.</exception>
    public Scored Score(FrameBuilder rows, bool isExplained = false)
    {
        var sent = rows.Build();
        if (rows.RowCount == 0)
        {
            return new(sent, new(Signature, []), null);
        }

        var frame = functions?.Of(sent) ?? sent;
        return new(sent, _scorer.Predict(frame), isExplained ? _explainer.Value.Explain(frame) : null);
    }

    private Signature Request => functions?.Request ?? model.Signature;

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

/// <summary>What a model made of a request.</summary>
/// <param name="Sent">The rows as they came, without the columns that functions compute.</param>
/// <param name="Predictions">One per row.</param>
/// <param name="Explanations">What each column did; null where nobody asked.</param>
internal readonly record struct Scored(Frame Sent, Predictions Predictions, Explanations? Explanations);
