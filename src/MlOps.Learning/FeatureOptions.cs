using System.Globalization;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>What a column means to a model, and how it enters; in <c>model.json</c> the kind alone where nothing else is said.</summary>
[JsonShorthand("kind")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NumericFeature), "numeric")]
[JsonDerivedType(typeof(CategoricalFeature), "categorical")]
[JsonDerivedType(typeof(BooleanFeature), "boolean")]
[JsonDerivedType(typeof(TimestampFeature), "timestamp")]
[JsonDerivedType(typeof(TextFeature), "text")]
[JsonDerivedType(typeof(IdentifierFeature), "identifier")]
public abstract record FeatureOptions
{
    /// <summary>What the column means.</summary>
    [JsonIgnore]
    public abstract FeatureKind Kind { get; }

    /// <summary>A public static method of the model's own code that computes it from other columns, row by row, <c>Type.Method</c>; in training and in scoring.</summary>
    public string? Code { get; set; }

    /// <summary>The columns that <c>code</c> takes, in the order of its parameters.</summary>
    public IReadOnlyList<string>? From { get; set; }

    /// <summary>A kind without anything else said.</summary>
    public static FeatureOptions Of(FeatureKind kind) => kind switch
    {
        FeatureKind.Numeric => new NumericFeature(),
        FeatureKind.Categorical => new CategoricalFeature(),
        FeatureKind.Boolean => new BooleanFeature(),
        FeatureKind.Timestamp => new TimestampFeature(),
        FeatureKind.Text => new TextFeature(),
        _ => new IdentifierFeature(),
    };

    /// <summary>What is out of range or does not fit (MLO6050 to MLO6056), each with its member in JSON; empty if all is well.</summary>
    /// <param name="trainer">What learns from it.</param>
    public IReadOnlyList<(string Member, Diagnostic Diagnostic)> Validate(TrainerOptions trainer) => trainer.Source is not null && this != Of(Kind)
        ? [("kind", new("MLO6056", "a model from a file encodes its features itself") { Why = "options are declared", Mend = $"write \"{Kind.ToString().ToLowerInvariant()}\" alone" })]
        : [.. Wrong(trainer)];

    private protected virtual IEnumerable<(string Member, Diagnostic Diagnostic)> Wrong(TrainerOptions trainer) => [];

    private protected static (string Member, Diagnostic Diagnostic)? Range(string member, int? value, int min, int max) => value is null || (value >= min && value <= max)
        ? null
        : (member, new("MLO6050", $"option '{member}' of a feature is out of range")
        {
            Why = string.Create(CultureInfo.InvariantCulture, $"it is {value}; allowed is {min} to {max}"),
            Mend = string.Create(CultureInfo.InvariantCulture, $"set '{member}' to a whole number from {min} to {max}, or remove it for the default"),
        });
}

/// <summary>A quantity: order and distance mean something.</summary>
public sealed record NumericFeature : FeatureOptions
{
    /// <summary>Whether the mean is taken off and the standard deviation is 1 (where missing, a linear model sees the mean in any case). Default: for trainer <c>linear</c>.</summary>
    public bool? Standardise { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Numeric;
}

/// <summary>How a category becomes numbers.</summary>
public enum CategoryEncoding
{
    /// <summary>Its rank among all by mean label (by frequency where there are several classes); rare ones share the rank of those never seen. The default of trees.</summary>
    Rank,

    /// <summary>A number per category, 1 for its own and 0 for others; never seen is all 0. The default of <c>linear</c>.</summary>
    [JsonStringEnumMemberName("one-hot")]
    OneHot,

    /// <summary>The mean label of its rows, drawn towards that of all rows; of the positive class, or of each of several. No training row's own label counts in its number.</summary>
    Target,

    /// <summary>As it is: trees split by sets of categories; for <c>boosted-trees</c>.</summary>
    Native,

    /// <summary>A number per bucket, 1 for the bucket that its hash names: for categories without end.</summary>
    Hash,
}

/// <summary>One of few names; numbers are taken by their text.</summary>
public sealed record CategoricalFeature : FeatureOptions
{
    internal const int DefaultBuckets = 1024;

    // Trees keep a byte per row and bucket, twice.
    private const int MostBucketsOfTrees = 4096;

    /// <summary>How it becomes numbers. Default: <c>rank</c> for trees, <c>one-hot</c> for trainer <c>linear</c>.</summary>
    public CategoryEncoding? Encode { get; init; }

    /// <summary>Of <c>hash</c>: how many, 2 to 65536, for trees up to 4096; default 1024.</summary>
    public int? Buckets { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Categorical;

    private protected override IEnumerable<(string Member, Diagnostic Diagnostic)> Wrong(TrainerOptions trainer)
    {
        if (Buckets is not null && Encode != CategoryEncoding.Hash)
        {
            yield return ("buckets", new("MLO6051", "'buckets' is for features that are hashed") { Mend = "set \"encode\": \"hash\", or remove 'buckets'" });
        }
        else if (Range("buckets", Buckets, 2, trainer.Use == FeatureUse.Ordered ? MostBucketsOfTrees : 65_536) is { } wrong)
        {
            yield return wrong;
        }

        if (Encode == CategoryEncoding.Native && trainer is not BoostedTreesOptions)
        {
            yield return ("encode", new("MLO6070", $"trainer '{trainer.Name}' does not split by sets of categories")
            {
                Why = "such features are for 'boosted-trees'",
                Mend = "choose another encoding, or remove 'encode' for the default",
            });
        }
    }
}

/// <summary>Yes or no.</summary>
public sealed record BooleanFeature : FeatureOptions
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Boolean;
}

/// <summary>An instant; models see parts of the calendar, in UTC.</summary>
public sealed record TimestampFeature : FeatureOptions
{
    private static readonly CalendarPart[] Usual = [CalendarPart.Days, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month];

    /// <summary>Which parts, each once. Default: <c>days</c> (since 1970; not if cyclic), <c>hour</c>, <c>weekday</c>, <c>month</c>.</summary>
    public IReadOnlyList<CalendarPart>? Parts { get; init; }

    /// <summary>Whether parts stand on circles, as sine and cosine, so that the last value is next to the first; not for <c>days</c> and <c>year</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Cyclic { get; set; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Timestamp;

    internal CalendarPart[] Wanted => [.. Parts ?? (Cyclic ? Usual[1..] : Usual)];

    private protected override IEnumerable<(string Member, Diagnostic Diagnostic)> Wrong(TrainerOptions trainer)
    {
        if (Parts is not null && (Parts.Count == 0 || Parts.Distinct().Count() < Parts.Count))
        {
            yield return ("parts", new("MLO6054", "'parts' are none, or name one twice") { Mend = "name each part once, or remove 'parts' for the default" });
        }

        if (Cyclic && Wanted.Where(part => part is CalendarPart.Days or CalendarPart.Year).Take(1).ToArray() is [var straight])
        {
            var word = straight.ToString().ToLowerInvariant();
            yield return ("parts", new("MLO6055", $"part '{word}' cannot be cyclic")
            {
                Why = "it never comes round again",
                Mend = $"remove '{word}' from the parts, or \"cyclic\"",
            });
        }
    }
}

/// <summary>Words. What terms the training rows have most, weighted by TF-IDF.</summary>
public sealed record TextFeature : FeatureOptions
{
    private const int MostTermsOfTrees = 4096;

    /// <summary>The least and the most words of a term, 1 to 5. Default: [1, 2], and none where only <c>characters</c> are asked for.</summary>
    public IReadOnlyList<int>? Words { get; init; }

    /// <summary>The least and the most characters of a term, 1 to 8, blanks and signs included. Default: none.</summary>
    public IReadOnlyList<int>? Characters { get; init; }

    /// <summary>Most terms of words, and most of characters: 1 to 200000, for trees up to 4096; default 50000, for trees 500.</summary>
    public int? Terms { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Text;

    internal (int Least, int Most)? WordRange => Words is { } words ? (words[0], words[1]) : Characters is null ? (1, 2) : null;

    internal (int Least, int Most)? CharacterRange => Characters is { } characters ? (characters[0], characters[1]) : null;

    private protected override IEnumerable<(string Member, Diagnostic Diagnostic)> Wrong(TrainerOptions trainer)
    {
        foreach (var (member, lengths, most) in new[] { ("words", Words, 5), ("characters", Characters, 8) })
        {
            if (lengths is not null && !(lengths is [var from, var to] && from >= 1 && from <= to && to <= most))
            {
                yield return (member, new("MLO6053", $"'{member}' is no range of lengths")
                {
                    Why = $"it is [{string.Join(", ", lengths)}]; the least and the most are wanted, from 1 to {most}",
                    Mend = member == "words" ? "write [1, 2], for instance" : "write [3, 5], for instance",
                });
            }
        }

        if (Range("terms", Terms, 1, trainer.Use == FeatureUse.Ordered ? MostTermsOfTrees : 200_000) is { } wrong)
        {
            yield return wrong;
        }
    }
}

/// <summary>A name of the row itself; never a feature.</summary>
public sealed record IdentifierFeature : FeatureOptions
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override FeatureKind Kind => FeatureKind.Identifier;
}
