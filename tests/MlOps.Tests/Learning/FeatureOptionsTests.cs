using System.Text;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;
using MlOps.Scoring.Oracle;

namespace MlOps.Tests.Learning;

/// <summary>Features with options, the same everywhere: in batches, in single rows, in the file and in ONNX Runtime.</summary>
public sealed class FeatureOptionsTests
{
    private static readonly FeatureSpec[][] Sets =
    [
        [new("a", new NumericFeature { Standardise = true }), Category(CategoryEncoding.Target), new("t", new TimestampFeature { Cyclic = true }),
            new("words", new TextFeature { Characters = [2, 4], Terms = 200 })],
        [new("a", new NumericFeature { Standardise = false }), Category(CategoryEncoding.Hash), new("words", new TextFeature { Words = [1, 3], Characters = [1, 1], Terms = 60 }),
            new("t", new TimestampFeature { Parts = [CalendarPart.Minute, CalendarPart.Day, CalendarPart.DayOfYear, CalendarPart.Year] })],
        [new("flag", new BooleanFeature()), Category(CategoryEncoding.OneHot),
            new("t", new TimestampFeature { Parts = [CalendarPart.DayOfYear, CalendarPart.Minute, CalendarPart.Day, CalendarPart.Month], Cyclic = true })],
        [new("b", new NumericFeature()), Category(CategoryEncoding.Rank), new("words", new TextFeature { Words = [2, 3] })],
    ];

    public static TheoryData<ModelTask, bool, int> All
    {
        get
        {
            var all = new TheoryData<ModelTask, bool, int>();
            for (var i = 0; i < 6 * Sets.Length; i++)
            {
                all.Add((ModelTask)(i % 3), i / 3 % 2 == 1, i / 6);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_written_reads_back_as_the_same_model(ModelTask task, bool linear, int set)
    {
        var model = Fit(task, linear, set);
        var file = OnnxModel.Write(model);
        var read = OnnxModel.Read(file);
        Assert.Equal(file, OnnxModel.Write(read));
        Assert.Equal(model.Predict(Unseen()), read.Predict(Unseen()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_row_has_the_bits_of_the_row_in_a_batch(ModelTask task, bool linear, int set)
    {
        var scorer = new Scorer(Fit(task, linear, set));
        var (rows, single) = (Unseen(), scorer.ForRows());
        var all = scorer.Predict(rows);
        for (var r = 0; r < rows.RowCount; r++)
        {
            single.Clear();
            for (var i = 0; i < single.Signature.Inputs.Count; i++)
            {
                var column = rows[single.Signature.Inputs[i].Name];
                Assert.True(column.IsMissing(r) || single.TrySetText(i, column.Text(r)!, out _));
            }

            Assert.Equal(all.Row(r).ToArray().Select(BitConverter.SingleToInt32Bits), single.Predict().ToArray().Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_warm_row_allocates_nothing(int set)
    {
        var (rows, single) = (Unseen(), new Scorer(Fit(ModelTask.Binary, linear: false, set)).ForRows());
        byte[][][] cells = [.. Enumerable.Range(0, 100).Select(r => single.Signature.Inputs.Select(input => Encoding.UTF8.GetBytes(rows[input.Name].Text(r) ?? "")).ToArray())];
        long allocated = 0;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var row in cells)
            {
                for (var i = 0; i < row.Length; i++)
                {
                    _ = single.TrySetText(i, row[i], out _);
                }

                _ = single.Predict();
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void ONNX_Runtime_says_the_same_of_a_thousand_rows(ModelTask task, bool linear, int set)
    {
        Skip.If(OnnxOracle.Absent is not null, OnnxOracle.Absent);
        var (model, rows) = (Fit(task, linear, set), Unseen());
        var (ours, theirs) = (model.Predict(rows), OnnxOracle.Score(OnnxModel.Write(model), rows).Values);
        Assert.Equal(ours.Length, theirs.Length);
        Assert.All(ours.Zip(theirs), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Max(1, Math.Abs(pair.First)), $"ours {pair.First}, theirs {pair.Second}"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Columns_explain_the_raw_score_and_their_importance_and_dependence_are_told(ModelTask task, bool linear, int set)
    {
        var (model, rows) = (Fit(task, linear, set), Unseen().Select([.. Enumerable.Range(0, 60)]));
        var scores = new Scorer(model).Score(rows);
        var told = new Explainer(model).Explain(rows);
        var inputs = model.Signature.Inputs.Count;
        var outputs = told.BaseValues.Length;
        for (var i = 0; i < scores.Length; i++)
        {
            var sum = told.BaseValues[i % outputs] + Enumerable.Range(0, inputs).Sum(c => told.Contributions[(i * inputs) + c]);
            Assert.Equal(scores[i], sum, 1e-4 * Math.Max(1, Math.Abs(scores[i])));
        }

        Assert.Equal(inputs, PermutationImportance.Of(model, rows, Metrics.Names(task)[0], null, 2, 60, 1, default).Count);
        Assert.All(model.Signature.Inputs, input => Assert.Equal(input.Kind == FeatureKind.Text, PartialDependence.Of(model, rows, input.Name, 5, 60, 1, default).Count == 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Any_number_of_threads_gives_the_same_bytes(int set) => Assert.Equal(OnnxModel.Write(Fit(ModelTask.Multiclass, linear: false, set)), OnnxModel.Write(Fit(ModelTask.Multiclass, linear: false, set, threads: 3)));

    [Fact]
    public void The_metadata_say_what_a_hashed_column_takes()
    {
        var file = Encoding.UTF8.GetString(OnnxModel.Write(Fit(ModelTask.Regression, linear: true, set: 1)));
        Assert.Contains("{\"buckets\":64,\"column\":\"c\",\"hash\":\"fnv-1a-64\",\"input\":\"c\",\"kind\":\"categorical\"}", file, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", 0xAF63DC4C8601EC8CUL)]
    [InlineData("foobar", 0x85944171F73967E8UL)]
    public void Buckets_are_those_of_the_published_hash(string text, ulong hash) => Assert.Equal((int)(hash % 1021), new HashEncoder("c", 1021).BucketOf(text));

    [Fact]
    public void A_number_falls_into_the_bucket_of_its_text()
    {
        var encoder = new HashEncoder("c", 97);
        var sparse = FeatureEncoding.Encode([encoder], Rows.Of(Rows.Numbers("c", 8, -0.0, double.NaN, 0.1))).Sparse!;
        Assert.Equal([encoder.BucketOf("8"), encoder.BucketOf("0"), encoder.BucketOf("0.1")], sparse.Index);
        Assert.Equal([0, 1, 2, 2, 3], sparse.RowStart);
    }

    private static FeatureSpec Category(CategoryEncoding encode) => new("c", new CategoricalFeature { Encode = encode, Buckets = encode == CategoryEncoding.Hash ? 64 : null });

    private static TrainedModel Fit(ModelTask task, bool linear, int set, int threads = 1)
    {
        TrainerOptions trainer = linear ? new LinearOptions() : new BoostedTreesOptions { Trees = 12, Leaves = 8 };
        return Rows.Fit(Rows.Mixed(500, 7), Rows.MixedSpec(task, trainer) with { Features = Sets[set] }, threads);
    }

    /// <summary>Rows with categories, words and years that training never saw.</summary>
    private static Frame Unseen()
    {
        var rows = Rows.Mixed(1000, 8);
        var c = Rows.Texts("c", [.. Enumerable.Range(0, 1000).Select(r => r % 9 == 0 ? "never seen é" : rows["c"].Text(r))]);
        var words = Rows.Texts("words", [.. Enumerable.Range(0, 1000).Select(r => r % 11 == 0 ? $"Lately 日本 r\u00E9d, 🎉{r} " : rows["words"].Text(r))]);
        var t = new TimestampColumn("t", [.. ((TimestampColumn)rows["t"]).Values.Select((at, r) => r % 13 == 0 ? TimestampColumn.Missing : r % 7 == 0 ? (at * 3) + 12_345_678 - 4_000_000_000_000 : at)]);
        return new([.. rows.Columns.Select(column => column.Name switch { "c" => c, "words" => words, "t" => t, _ => column })]);
    }
}
