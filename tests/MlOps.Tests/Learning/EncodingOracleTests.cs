using System.Text.Json.Nodes;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;
using MlOps.Tests.Learning.Oracle;

namespace MlOps.Tests.Learning;

/// <summary>Encodings beside those of scikit-learn.</summary>
public sealed class EncodingOracleTests
{
    /// <summary>On words of the letters a to z and single blanks, where tokens are the same: theirs lower-cases all letters, wants two letters a word by default, and
    /// shrinks runs of blanks.</summary>
    [Theory]
    [InlineData("words", 1, 2)]
    [InlineData("words", 2, 3)]
    [InlineData("characters", 1, 1)]
    [InlineData("characters", 3, 5)]
    public void Runs_of_words_and_characters_weigh_what_TfidfVectorizer_says(string unit, int least, int most)
    {
        string[] texts = [.. Enumerable.Range(0, 60).Select(r => Rows.Mixed(60, 3)["words"].Text(r) ?? "")];
        var said = Sklearn.Ask($"tfidf-{unit}-{least}-{most}", """
            from sklearn.feature_extraction.text import TfidfVectorizer
            vectorizer = TfidfVectorizer(analyzer=given["analyzer"], ngram_range=(given["least"], given["most"]), token_pattern=r"(?u)\b\w+\b", min_df=2, dtype=np.float64)
            matrix = vectorizer.fit_transform(given["texts"])
            answer = {"terms": vectorizer.get_feature_names_out().tolist(), "rows": np.round(matrix.toarray(), 7).tolist()}
            """, new JsonObject
        {
            ["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]), ["analyzer"] = unit == "words" ? "word" : "char", ["least"] = least, ["most"] = most,
        });

        int[] lengths = [least, most];
        var feature = unit == "words" ? new TextFeature { Words = lengths } : new TextFeature { Characters = lengths };
        var train = Rows.Of(Rows.Texts("x", texts), Rows.Numbers("y", [.. texts.Select((_, i) => (double)i)]));
        var encoder = (TextEncoder)Assert.Single(Rows.Fit(train, new(ModelTask.Regression, "y", null, [new("x", feature)], new LinearOptions())).Encoders);
        var sparse = FeatureEncoding.Encode([encoder], train).Sparse!;

        Assert.Equal(said["terms"]!.AsArray().Select(term => (string)term!).Order(StringComparer.Ordinal), encoder.Terms);
        string[] theirs = [.. said["terms"]!.AsArray().Select(term => (string)term!)];
        for (var r = 0; r < texts.Length; r++)
        {
            var ours = Enumerable.Range(sparse.RowStart[r], sparse.RowStart[r + 1] - sparse.RowStart[r]).ToDictionary(e => encoder.Terms[sparse.Index[e]], e => sparse.Value[e]);
            for (var j = 0; j < theirs.Length; j++)
            {
                Assert.Equal((double)said["rows"]![r]![j]!, ours.GetValueOrDefault(theirs[j]), 1e-5);
            }
        }
    }

    [Fact]
    public void One_hot_is_that_of_OneHotEncoder()
    {
        string[] known = ["b", "a", "é", "a"], asked = ["a", "é", "zz", "b"];
        var said = Sklearn.Ask("one-hot", """
            from sklearn.preprocessing import OneHotEncoder
            encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(given["known"]).reshape(-1, 1))
            answer = {"categories": encoder.categories_[0].tolist(), "rows": encoder.transform(np.array(given["asked"]).reshape(-1, 1)).tolist()}
            """, new JsonObject { ["known"] = new JsonArray([.. known.Select(text => JsonValue.Create(text))]), ["asked"] = new JsonArray([.. asked.Select(text => JsonValue.Create(text))]) });
        var train = Rows.Of(Rows.Texts("x", known), Rows.Numbers("y", 1, 2, 3, 4));
        FeatureSpec feature = new("x", new CategoricalFeature { Encode = CategoryEncoding.OneHot });
        var encoder = (OneHotEncoder)Assert.Single(Rows.Fit(train, new(ModelTask.Regression, "y", null, [feature], new BoostedTreesOptions { Trees = 1, MinRows = 1 })).Encoders);
        var features = FeatureEncoding.Encode([encoder], Rows.Of(Rows.Texts("x", asked))).Dense;

        Assert.Equal(said["categories"]!.AsArray().Select(text => (string)text!), encoder.Categories);
        Assert.Equal(said["rows"]!.AsArray().Select(row => string.Join(' ', row!.AsArray().Select(cell => (double)cell!))), Enumerable.Range(0, 4).Select(r => string.Join(' ', features.Select(f => f[r]))));
    }
}
