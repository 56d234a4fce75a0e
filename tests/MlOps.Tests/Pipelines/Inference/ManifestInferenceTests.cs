using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Inference;
using MlOps.Pipelines.Manifests;
using MlOps.Scoring;
using MlOps.Tests.Data;
using static MlOps.Tests.Pipelines.Inference.Tables;

namespace MlOps.Tests.Pipelines.Inference;

public class ManifestInferenceTests
{
    private const int Rows = 200;

    private static readonly NumberColumn X = Numbers("x", Rows, i => Noise(i, 1));

    private static InferredModel Infer(Column label, InferenceOptions? options = null) =>
        ManifestInference.Infer(new([X, label]), options ?? new() { Label = label.Name });

    private static NumberColumn Integers(string name, Func<int, double> cell) => new(name, [.. Enumerable.Range(0, Rows).Select(cell)], ColumnType.Integer);

    [Theory]
    [InlineData("y", 2, 0, ModelTask.Binary)]
    [InlineData("y", 3, 0, ModelTask.Regression)]
    [InlineData("digit_class", 3, 0, ModelTask.Multiclass)]
    [InlineData("class", 20, 1, ModelTask.Multiclass)]
    [InlineData("class", 21, 1, ModelTask.Regression)]
    [InlineData("class", 5, 3, ModelTask.Regression)]
    public void Numbers_are_predicted_as_numbers_unless_they_count_classes(string name, int values, int least, ModelTask task) =>
        Assert.Equal(task, Infer(Integers(name, i => (i * 7 % values) + least)).Task);

    [Fact]
    public void Three_texts_are_classes() => Assert.Equal(ModelTask.Multiclass, Infer(Strings("y", Rows, i => $"c{i % 3}")).Task);

    [Theory]
    [InlineData("no", "Yes", "Yes")]
    [InlineData("True", "no", "True")]
    [InlineData("0", "1", "1")]
    [InlineData("ham", "spam", "ham")]
    public void The_positive_class_says_yes_or_is_the_rarer(string rarer, string other, string positive) =>
        Assert.Equal(positive, Infer(Strings("y", Rows, i => i % 3 == 0 ? rarer : other)).Positive);

    [Fact]
    public void The_positive_class_is_what_the_user_says() =>
        Assert.Equal("spam", Infer(Strings("y", Rows, i => i % 3 == 0 ? "ham" : "spam"), new() { Label = "y", Positive = "spam" }).Positive);

    [Fact]
    public void Rows_without_label_are_counted_and_take_no_part()
    {
        var model = Infer(Numbers("y", Rows, i => i < 50 ? double.NaN : Noise(i, 2)));

        Assert.Equal(50, model.RowsWithoutLabel);
        Assert.Contains("rows: 50 of 200 take no part, because they have no y", model.Explanations);
    }

    [Fact]
    public void Only_training_rows_are_judged()
    {
        // Test rows alone hold the second value of c and the rows that make x constant vary.
        var fold = Strings("fold", Rows, i => i < 100 ? "train" : "test");
        var frame = new Frame([X, Strings("c", Rows, i => i < 100 ? "a" : $"b{i % 2}"), fold, Integers("y", i => i % 2 + (i >= 100 ? 5 : 0))]);

        var model = ManifestInference.Infer(frame, new() { Label = "y", SplitColumn = "fold", TestValue = "test" });

        Assert.Equal(ModelTask.Binary, model.Task);
        Assert.Equal(["x"], model.Features.Select(feature => feature.Column));
        Assert.Equal(["c", "fold"], model.Dropped.Select(column => column.Column));
        Assert.Equal(new ColumnSplit { Column = "fold", Test = "test" }, model.Split);
    }

    [Fact]
    public void Columns_that_say_nothing_about_new_rows_are_left_out_with_the_reason()
    {
        var frame = new Frame(
        [
            X, Integers("id", i => i + 1), Strings("empty", Rows, _ => "").Select([.. Enumerable.Range(0, Rows)]), Numbers("gone", Rows, _ => double.NaN),
            Numbers("same", Rows, _ => 1), Strings("mostly", Rows, i => $"n{i % 150}"), Strings("group", Rows, i => $"g{i % 9}"), Numbers("y", Rows, i => Noise(i, 3)),
        ]);

        var model = ManifestInference.Infer(frame, new() { Label = "y", Group = "group" });

        Assert.Equal(["x"], model.Features.Select(feature => feature.Column));
        Assert.Equal(["id", "empty", "gone", "same", "mostly", "group"], model.Dropped.Select(column => column.Column));
        Assert.IsType<GroupSplit>(model.Split);
        Assert.Contains(model.Warnings, warning => warning.Code == "MLO2153" && warning.Severity == Severity.Warning);
    }

    [Fact]
    public void A_timestamp_in_the_order_of_the_file_splits_by_time()
    {
        var label = Numbers("y", Rows, i => Noise(i, 2));
        var ordered = new TimestampColumn("at", [.. Enumerable.Range(0, Rows).Select(i => i / 2 * 3_600_000L)]);
        var shuffled = new TimestampColumn("at", [.. Enumerable.Range(0, Rows).Select(i => i * 37 % Rows * 3_600_000L)]);

        Assert.Equal(new TimeSplit { Column = "at" }, ManifestInference.Infer(new([X, ordered, label]), new() { Label = "y" }).Split);
        Assert.IsType<HashSplit>(ManifestInference.Infer(new([X, shuffled, label]), new() { Label = "y" }).Split);
    }

    public static TheoryData<string, InferenceOptions, string> BadInput => new()
    {
        { "a,label\n1,x\n2,y\n", new() { Label = "lable" }, "MLO2101 did you mean 'label'?" },
        { "a,y\n1,\n2,\n", new() { Label = "y" }, "MLO2102 choose another column with --label, or fill it" },
        { "a,y\n1,x\n2,\n", new() { Label = "y" }, "MLO2103 bring more rows" },
        { "a,y\n1,x\n2,x\n", new() { Label = "y" }, "MLO2104 bring rows with other labels, or choose another column" },
        { "a,y\n1,2024-01-01\n2,2024-01-02\n", new() { Label = "y" }, "MLO2105 make it a number, such as days from now" },
        { "a,y\n1,p\n2,q\n3,r\n", new() { Label = "y" }, "MLO2105 choose another column" },
        { "a,y\n1,p\n2,q\n", new() { Label = "y", Drop = ["b"] }, "MLO2106 did you mean 'a'?" },
        { "a,y\n1,p\n2,q\n", new() { Label = "y", Drop = ["y"] }, "MLO2106 name different columns" },
        { "a,f,y\n1,u,p\n2,v,q\n", new() { Label = "y", SplitColumn = "f", TestValue = "w" }, "MLO2107 name one of its values with --test" },
        { "a,f,y\n1,u,p\n2,u,q\n", new() { Label = "y", SplitColumn = "f", TestValue = "u" }, "MLO2107 name another value with --test" },
        { "a,f,y\n1,u,p\n2,u,q\n", new() { Label = "y", SplitColumn = "f" }, "MLO2107 give it with --test" },
        { "a,y\n1,p\n2,q\n", new() { Label = "y", Positive = "r" }, "MLO2108 give one of them with --positive" },
        { "a,y\n1,p\n1,q\n", new() { Label = "y" }, "MLO2109 bring columns that say something about the label, or drop fewer" },
    };

    [Theory]
    [MemberData(nameof(BadInput))]
    public void Bad_labels_and_options_are_told(string csv, InferenceOptions options, string expected)
    {
        var fault = Assert.Single(Assert.Throws<DiagnosticException>(() => ManifestInference.Infer(Csv(csv), options)).Diagnostics);

        Assert.Equal(expected, $"{fault.Code} {fault.Mend}");
        Assert.Equal("data.csv", fault.Where);
    }

    [SkippableTheory]
    [InlineData("bike_sharing", "cnt", "Regression - Time boosted-trees 0", "instant", "MLO2152:casual,registered MLO2153:instant")]
    [InlineData("adult", "income", "Binary >50K Hash boosted-trees 0", "", "")]
    [InlineData("penguins", "species", "Multiclass - Stratified linear 0", "", "")]
    [InlineData("sms_spam", "label", "Binary spam Hash linear 0", "", "")]
    [InlineData("beijing_pm25", "pm25", "Regression - Hash boosted-trees 2067", "", "")]
    [InlineData("taxi_fare", "fare_amount", "Regression - Hash boosted-trees 0", "", "")]
    public void Real_tables_are_understood(string name, string label, string expected, string dropped, string warnings)
    {
        var model = ManifestInference.Infer(Data.RealData.Read(name), new() { Label = label });

        Assert.Equal(expected, $"{model.Task} {model.Positive ?? "-"} {model.Split.GetType().Name.Replace("Split", "", StringComparison.Ordinal)} {model.Trainer} {model.RowsWithoutLabel}");
        Assert.Equal(dropped, string.Join(',', model.Dropped.Select(column => column.Column)));
        Assert.Equal(warnings, string.Join(' ', model.Warnings.Select(warning => $"{warning.Code}:{Subjects(warning)}")));
    }

    private static string Subjects(Diagnostic warning) => string.Join(',', warning.What.Split('\'').Where((_, i) => i % 2 == 1).SkipLast(warning.Code is "MLO2152" or "MLO2151" ? 1 : 0));
}
