using MlOps.Data;

namespace MlOps.Scoring;

/// <summary>What a model predicts.</summary>
public enum ModelTask
{
    /// <summary>A number.</summary>
    Regression,

    /// <summary>One of two classes, with the probability of the positive one.</summary>
    Binary,

    /// <summary>One of three or more classes, with a probability each.</summary>
    Multiclass,
}

/// <summary>A column that a caller sends.</summary>
/// <param name="Name">The column's name as in the training data.</param>
/// <param name="Kind">How it enters: Numeric and Boolean as float32 (NaN is missing; true is 1), Categorical and Text as string
/// (empty is missing), Timestamp as int64 milliseconds since the epoch (<see cref="long.MinValue"/> is missing).</param>
public sealed record InputColumn(string Name, FeatureKind Kind)
{
    /// <summary>The function of the model's own code that computes the column, <c>Type.Method</c>; null for a column that callers have.</summary>
    public string? Code { get; init; }

    /// <summary>The columns that <see cref="Code"/> takes, in the order of its parameters.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>Numeric: whether a function takes it as double, so that nothing rounds on entry and no number is too large; not said in model files.</summary>
    public bool IsDouble { get; init; }

    /// <inheritdoc/>
    public bool Equals(InputColumn? other) => other is not null && (Name, Kind, Code, IsDouble) == (other.Name, other.Kind, other.Code, other.IsDouble) && From.SequenceEqual(other.From);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind, Code);
}

/// <summary>A model's contract with its callers: what goes in and what comes out.</summary>
/// <param name="Classes">Empty for regression; <c>[negative, positive]</c> for binary; else every class, ordinally sorted.</param>
public sealed record Signature(ModelTask Task, string Label, IReadOnlyList<InputColumn> Inputs, IReadOnlyList<string> Classes)
{
    /// <summary>Numbers predicted per row: 1 for regression, else one probability per class.</summary>
    public int Outputs => Task == ModelTask.Regression ? 1 : Classes.Count;

    /// <summary>Binary: the least probability from which a row is called positive; default 0.5. Above 1 none is.</summary>
    public float Threshold { get; init; } = 0.5f;
}

/// <summary>A fitted model: features from columns, then a predictor over them. What <c>model.onnx</c> holds.</summary>
/// <param name="Encoders">In feature order; those with sparse features (text, hashes) stand last.</param>
public sealed record TrainedModel(Signature Signature, IReadOnlyList<Encoder> Encoders, Predictor Predictor)
{
    /// <summary>Binary: what makes probabilities of raw scores in place of the logistic link; null leaves them as the predictor gives them.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Checks that its parts fit together, as whatever writes or runs it does.</summary>
    /// <exception cref="ArgumentException">It contradicts itself; the message says how.</exception>
    public void Validate() => Internal.ModelCheck.Check(this);
}

/// <summary>A binary model's raw score to the probability that rows of such a score are positive.</summary>
public abstract record Calibration;

/// <summary>Platt's: the logistic function of <c>Slope × score + Intercept</c>.</summary>
public sealed record PlattCalibration(float Slope, float Intercept) : Calibration;

/// <summary>Isotonic: <c>Base + Σ Heights[k] × t</c>, where t rises from 0 at <c>Starts[k]</c> to 1 at <c>Starts[k] + Widths[k]</c>, held within 0 and 1.</summary>
/// <param name="Starts">Ascending; none for a constant.</param>
/// <param name="Widths">Above 0, one per start.</param>
/// <param name="Heights">0 or more, one per start.</param>
public sealed record IsotonicCalibration(float Base, float[] Starts, float[] Widths, float[] Heights) : Calibration;

/// <summary>Turns one column into one or more float32 features, the same in training and in scoring.</summary>
public abstract record Encoder(string Column)
{
    /// <summary>Number of features it makes.</summary>
    public abstract int Width { get; }

    /// <summary>Whether its features are sparse: nearly all 0. Such encoders stand last.</summary>
    public virtual bool IsSparse => false;
}

/// <summary>A number: <c>(x − Offset) × Scale</c>, missing replaced by <see cref="Fill"/> first (NaN keeps it missing). Booleans are 0 and 1.</summary>
public sealed record NumericEncoder(string Column, float Fill = float.NaN, float Offset = 0, float Scale = 1) : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => 1;
}

/// <summary>A category as a number: <c>Values[i]</c> for <c>Categories[i]</c>; <see cref="Missing"/> for a missing cell, <see cref="Unknown"/> for a
/// text never seen.</summary>
public sealed record OrdinalEncoder(string Column, string[] Categories, float[] Values, float Missing = float.NaN, float Unknown = float.NaN)
    : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => 1;
}

/// <summary>A category as zeros and a single one; the empty text, where it is among <see cref="Categories"/>, stands for missing; unknown is all
/// zeros.</summary>
public sealed record OneHotEncoder(string Column, string[] Categories) : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => Categories.Length;
}

/// <summary>A part of the calendar (UTC, proleptic Gregorian).</summary>
public enum CalendarPart
{
    /// <summary>Whole days since 1970-01-01.</summary>
    Days,

    /// <summary>0 to 23.</summary>
    Hour,

    /// <summary>0 (Monday) to 6 (Sunday).</summary>
    Weekday,

    /// <summary>1 to 12.</summary>
    Month,

    /// <summary>Of the hour: 0 to 59.</summary>
    Minute,

    /// <summary>Of the month: 1 to 31.</summary>
    Day,

    /// <summary>1 (January 1st) to 366.</summary>
    DayOfYear,

    /// <summary>1 to 9999.</summary>
    Year,
}

/// <summary>An instant as calendar parts, each <c>(part − Offsets[i]) × Scales[i]</c>; missing gives <c>Fill[i]</c> before that (NaN keeps it
/// missing).</summary>
public sealed record CalendarEncoder(string Column, CalendarPart[] Parts, float[] Fill, float[] Offsets, float[] Scales) : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => Parts.Length;
}

/// <summary>An instant as places on circles: sine and cosine of each part, <c>2π × (part − first) / number of values</c>, so that the last value is next to the
/// first; missing gives <see cref="Fill"/> for all.</summary>
/// <param name="Parts">Those that come round again: not <see cref="CalendarPart.Days"/>, not <see cref="CalendarPart.Year"/>.</param>
public sealed record CyclicEncoder(string Column, CalendarPart[] Parts, float Fill) : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => 2 * Parts.Length;
}

/// <summary>A category as a one in the bucket that its hash names; sparse. No category is unknown; missing is all zeros.</summary>
/// <remarks>ONNX has no such operator: the graph takes the bucket (int64, −1 for missing) in place of the category, and the metadata say so.</remarks>
public sealed record HashEncoder(string Column, int Buckets) : Encoder(Column)
{
    /// <inheritdoc/>
    public override int Width => Buckets;

    /// <inheritdoc/>
    public override bool IsSparse => true;

    /// <summary>The bucket of a category, from 0: FNV-1a (64 bits, <see href="http://www.isthe.com/chongo/tech/comp/fnv/"/>) of its UTF-8 bytes, modulo the number of
    /// buckets; −1 for the empty text, which is missing.</summary>
    public int BucketOf(ReadOnlySpan<char> category)
    {
        var hash = 0xCBF2_9CE4_8422_2325;
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in category.EnumerateRunes())
        {
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                hash = (hash ^ b) * 0x100_0000_01B3;
            }
        }

        return category.IsEmpty ? -1 : (int)(hash % (ulong)Buckets);
    }
}

/// <summary>Runs of words or of characters, weighted by TF-IDF; sparse.</summary>
/// <param name="Terms">One per feature: tokens with a blank between. Tokens are those of <see cref="Tokenizer"/>: runs of letters
/// and digits, and meaningful signs by themselves, of the text with A to Z lower-cased, as the ONNX graph's Tokenizer finds them.</param>
/// <param name="Weights">A term that occurs <c>n</c> times gives <c>n × Weights[i]</c>; the row is then divided by its Euclidean length (all zeros
/// stay zeros).</param>
public sealed record TextEncoder(string Column, string[] Terms, float[] Weights) : Encoder(Column)
{
    /// <summary>Whether a term is a run of characters, whatever they are, in place of tokens.</summary>
    public bool Characters { get; init; }

    /// <inheritdoc/>
    public override int Width => Terms.Length;

    /// <inheritdoc/>
    public override bool IsSparse => true;

    /// <summary>What a term is a run of.</summary>
    internal string[] Parts(string term) => Characters ? [.. term.EnumerateRunes().Select(rune => rune.ToString())] : term.Split(' ');
}

/// <summary>How raw scores become predictions.</summary>
public enum Link
{
    /// <summary>As they are.</summary>
    Identity,

    /// <summary>One raw score to the positive class's probability, <c>1 / (1 + e^−x)</c>.</summary>
    Logistic,

    /// <summary>One raw score per class to probabilities that sum to 1.</summary>
    Softmax,

    /// <summary>e to the power of the raw score: a number of 0 or more.</summary>
    Exponential,
    /// <summary>One raw score per class, each to <c>1 / (1 + e^−x)</c>, then divided by their sum.</summary>
    OneVsRest,

    /// <summary>As they are: the positive class's probability, or one per class, as the trees of a forest vote.</summary>
    Votes,
}

/// <summary>Computes raw scores from features. Regression and binary have one raw score, multiclass one per class.</summary>
public abstract record Predictor(Link Link);

/// <summary><c>Intercepts[k] + Σ Weights[k][j] × x[j]</c>; the features have no NaN.</summary>
public sealed record LinearPredictor(Link Link, float[][] Weights, float[] Intercepts) : Predictor(Link)
{
    /// <summary>Each feature's mean over the training rows, which explanations reckon from; empty where unknown.</summary>
    public float[] Means { get; init; } = [];
}

/// <summary><c>BaseScores[k]</c> plus the leaf of every tree whose output is k.</summary>
public sealed record TreeEnsemble(Link Link, float[] BaseScores, IReadOnlyList<Tree> Trees) : Predictor(Link);

/// <summary>A binary tree in arrays, root first: node i is a leaf with score <c>Value[i]</c> where <c>Feature[i]</c> is −1; else a row goes to
/// <c>Left[i]</c> when <c>x ≤ Threshold[i]</c>, or when x is NaN and <c>MissingLeft[i]</c>, else to <c>Right[i]</c>.</summary>
/// <param name="Output">The raw score it adds to.</param>
public sealed record Tree(int Output, int[] Feature, float[] Threshold, bool[] MissingLeft, int[] Left, int[] Right, float[] Value)
{
    /// <summary>How many training rows came to each node, which explanations weigh by; empty where unknown, then in every tree of the model.</summary>
    public float[] Cover { get; init; } = [];

    /// <summary>Per node the categories that go left, in place of the threshold, which is then 0; an empty set where the threshold decides. Empty where it
    /// decides everywhere.</summary>
    public CategorySet[] Sets { get; init; } = [];

    /// <summary>Whether a set of categories decides at a node.</summary>
    public bool HasSet(int node) => Sets.Length > 0 && !Sets[node].IsEmpty;

    /// <summary>Which way a value goes at a node that is no leaf.</summary>
    public bool GoesLeft(int node, float x) => float.IsNaN(x) ? MissingLeft[node] : HasSet(node) ? Sets[node].Contains(CategorySet.Of(x)) : x <= Threshold[node];
}
