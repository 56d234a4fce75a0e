using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class FeatureEncodingTests
{
    [Fact]
    public void Numbers_round_to_float32_then_fill_then_scale()
    {
        var rows = new Frame([new NumberColumn("x", [0.1, double.NaN, 1e9 + 1])]);
        Assert.Equal([(0.1f - 1) * 3, (5f - 1) * 3, (1e9f - 1) * 3], FeatureEncoding.Encode([new NumericEncoder("x", 5, 1, 3)], rows).Dense[0]);
    }

    [Theory]
    [MemberData(nameof(Eights))]
    public void A_category_is_known_by_its_text_whatever_the_columns_type(Column column, string category)
    {
        var features = FeatureEncoding.Encode([new OneHotEncoder("c", ["", category]), new OrdinalEncoder("c", [category], [7], -1, -2)], new([column])).Dense;
        Assert.Equal([0, 1, 0], features[0]);
        Assert.Equal([1, 0, 0], features[1]);
        Assert.Equal([7, -1, -2], features[2]);
    }

    public static TheoryData<Column, string> Eights() => new()
    {
        { new NumberColumn("c", [8, double.NaN, 9]), "8" },
        { new NumberColumn("c", [0.1, double.NaN, 0.10000000000000002]), "0.1" },
        { new NumberColumn("c", [-0.0, double.NaN, 9]), "0" },
        { new BooleanColumn("c", [1, BooleanColumn.Missing, 0]), "true" },
        { Samples.Texts("c", ["8.0", null, "8"]), "8.0" },
        { new StringColumn("c", [3, 2, 1], ["unused", "x", "", "8", "y"]), "8" },
        { new TimestampColumn("c", [0, TimestampColumn.Missing, 1]), "1970-01-01" },
    };

    [Fact]
    public void Text_rows_are_weighted_counts_of_unit_length()
    {
        var rows = new Frame([Samples.Texts("t", ["b A a. b", null, "c", "a B"])]);
        var sparse = FeatureEncoding.Encode([new TextEncoder("t", ["b", "a", "a b", "zz"], [1, 2, 2, 9])], rows).Sparse!;
        Assert.Equal([0, 3, 3, 3, 6], sparse.RowStart);
        Assert.Equal([0, 1, 2, 0, 1, 2], sparse.Index);
        Assert.Equal(1, sparse.Value[..3].Sum(v => v * (double)v), 6);
        Assert.Equal(2 / 3f, sparse.Value[^1], 6);
    }

    [Fact]
    public void Words_around_an_unknown_one_are_no_pair()
    {
        var rows = new Frame([Samples.Texts("t", ["a x b"])]);
        Assert.Empty(FeatureEncoding.Encode([new TextEncoder("t", ["a b"], [1])], rows).Sparse!.Index);
    }

    [Fact]
    public void Several_texts_stand_one_after_the_other()
    {
        var rows = new Frame([Samples.Texts("t", ["a"]), Samples.Texts("u", ["a"])]);
        var sparse = FeatureEncoding.Encode([new TextEncoder("t", ["x", "a"], [1, 1]), new TextEncoder("u", ["a"], [1])], rows).Sparse!;
        Assert.Equal((3, "1 2"), (sparse.Width, string.Join(' ', sparse.Index)));
    }
}
