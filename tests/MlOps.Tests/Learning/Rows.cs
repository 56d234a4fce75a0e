using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Tests.Learning;

/// <summary>Builds small frames and specs for the tests of Learning.</summary>
internal static class Rows
{
    public static Frame Of(params Column[] columns) => new(columns);

    public static NumberColumn Numbers(string name, params double[] values) => new(name, values);

    /// <summary>Null is missing.</summary>
    public static StringColumn Texts(string name, params string?[] values)
    {
        string[] dictionary = [.. values.OfType<string>().Distinct(StringComparer.Ordinal)];
        return new(name, [.. values.Select(v => v is null ? -1 : Array.IndexOf(dictionary, v))], dictionary);
    }

    public static LearningSpec Spec(ModelTask task, string label, TrainerOptions trainer, params (string Column, FeatureKind Kind)[] features) =>
        new(task, label, null, [.. features.Select(f => new FeatureSpec(f.Column, f.Kind))], trainer);

    /// <summary>Categories as they are, to be split by sets.</summary>
    public static LearningSpec WithSets(this LearningSpec spec) => spec with
    {
        Features = [.. spec.Features.Select(f => f.Kind == FeatureKind.Categorical ? new FeatureSpec(f.Column, new CategoricalFeature { Encode = CategoryEncoding.Native }) : f)],
    };

    public static TrainedModel Fit(Frame train, LearningSpec spec, int threads = 1) => Learner.Fit(train, spec, null, threads, default);

    public static float[] Predict(this TrainedModel model, Frame frame) => new Scorer(model).Predict(frame).Values;

    /// <summary>A reproducible stream of numbers from 0 to 1 (the generator of the C standard's example), as the Python references use.</summary>
    public static IEnumerable<double> Stream(long seed)
    {
        while (true)
        {
            seed = ((seed * 1103515245) + 12345) % 2147483648;
            yield return seed / 2147483648.0;
        }
    }

    /// <summary>Rows with every kind of feature, missing cells and a label per task that they tell something of.</summary>
    public static Frame Mixed(int rows, int seed)
    {
        var random = new Random(seed);
        var a = new double[rows];
        var b = new double[rows];
        var c = new string?[rows];
        var t = new long[rows];
        var words = new string?[rows];
        var flag = new byte[rows];
        var (number, two, three) = (new double[rows], new string?[rows], new string?[rows]);
        string[] vocabulary = ["red", "green", "blue", "late", "broken", "thanks"];
        for (var i = 0; i < rows; i++)
        {
            a[i] = random.Next(10) == 0 ? double.NaN : random.NextDouble();
            b[i] = Math.Round(random.NextDouble() * 8);
            c[i] = random.Next(12) == 0 ? null : "c" + (random.Next(15) * random.Next(15));
            t[i] = 1_600_000_000_000 + (random.Next(5000) * 3_600_000L);
            words[i] = string.Join(' ', Enumerable.Range(0, random.Next(5)).Select(_ => vocabulary[random.Next(6)]));
            flag[i] = (byte)(random.Next(20) == 0 ? 255 : random.Next(2));
            number[i] = (double.IsNaN(a[i]) ? 2 : 3 * a[i]) + (b[i] > 4 ? 1 : 0) + ((c[i]?.Length ?? 0) * 0.3) + (random.NextDouble() * 0.5);
            two[i] = number[i] + random.NextDouble() > 3.5 ? "yes" : "no";
            three[i] = number[i] < 2 ? "low" : number[i] < 3.5 || words[i]!.Contains("late", StringComparison.Ordinal) ? "mid" : "high";
        }

        return Of(Numbers("a", a), Numbers("b", b), Texts("c", c), new TimestampColumn("t", t), Texts("words", words), new BooleanColumn("flag", flag),
            Numbers("number", number), Texts("two", two), Texts("three", three));
    }

    public static LearningSpec MixedSpec(ModelTask task, TrainerOptions trainer) => Spec(task,
        task switch { ModelTask.Regression => "number", ModelTask.Binary => "two", _ => "three" }, trainer,
        ("a", FeatureKind.Numeric), ("words", FeatureKind.Text), ("b", FeatureKind.Numeric), ("c", FeatureKind.Categorical), ("t", FeatureKind.Timestamp), ("flag", FeatureKind.Boolean));
}
