namespace MlOps.Scoring;

/// <summary>Some of the categories 0 to 254; any other number counts as <see cref="Other"/>, so that every number is either in a set or in what it lacks.</summary>
public readonly record struct CategorySet(UInt128 Low, UInt128 High)
{
    /// <summary>Categories there can be: 0 to one less.</summary>
    public const int Most = 255;

    /// <summary>Stands for every number that is no category.</summary>
    public const int Other = Most;

    /// <summary>All categories, and every other number.</summary>
    public static CategorySet All => new(UInt128.MaxValue, UInt128.MaxValue);

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Low == 0 && High == 0;

    /// <summary>The category that a feature's value is.</summary>
    /// <param name="value">Not NaN, which is in no set.</param>
    public static int Of(float value)
    {
        var category = (int)value;
        return category == value && (uint)category < Most ? category : Other;
    }

    /// <summary>Whether it holds a category.</summary>
    public bool Contains(int category) => (((category < 128 ? Low : High) >> (category & 127)) & 1) != 0;

    /// <summary>The set and one category more.</summary>
    public CategorySet With(int category) => category < 128
        ? this with { Low = Low | (UInt128.One << category) }
        : this with { High = High | (UInt128.One << (category & 127)) };

    /// <summary>What either holds.</summary>
    public CategorySet Union(CategorySet other) => new(Low | other.Low, High | other.High);

    /// <summary>What both hold.</summary>
    public CategorySet Intersection(CategorySet other) => new(Low & other.Low, High & other.High);

    /// <summary>What it lacks.</summary>
    public CategorySet Complement() => new(~Low, ~High);
}
