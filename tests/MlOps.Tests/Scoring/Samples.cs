using MlOps.Data;

using MlOps.Scoring;
namespace MlOps.Tests.Scoring;

/// <summary>Hand-made models and random rows for them: every encoder, every task, missing and unknown values.</summary>
internal static class Samples
{
    public static readonly string[] Words =
    [
        "free", "FREE", "call", "now", "ok", "café", "Café", "ÉCOLE", "naïve", "straße", "日本", "語", "🎉", "👍🏽", "£100", "don't", "a_b", "e-mail", "!", "?!", "win", "—", "…",
        "2", "u", "\t", "\n", "١٢", "Ωmega", "İ", "ﬁ", "x\u0301", "http://x.y/z?q=1", "#tag", "@me", "50%",
    ];

    public static Signature Signature(ModelTask task, params InputColumn[] inputs) => new(task, "y", inputs, task switch
    {
        ModelTask.Regression => [],
        ModelTask.Binary => ["no", "yes"],
        _ => ["a", "b", "c é"],
    });

    public static readonly InputColumn[] Inputs =
    [
        new("age", FeatureKind.Numeric), new("income in €", FeatureKind.Numeric), new("member", FeatureKind.Boolean), new("hour", FeatureKind.Categorical),
        new("city", FeatureKind.Categorical), new("when", FeatureKind.Timestamp), new("label", FeatureKind.Numeric), new("text", FeatureKind.Text),
        new("never used", FeatureKind.Categorical),
    ];

    /// <summary>Encoders of every kind; filled so that no feature is NaN where <paramref name="filled"/>.</summary>
    public static Encoder[] Encoders(bool filled, bool shuffledTerms = false)
    {
        var none = filled ? -1f : float.NaN;
        string[] terms = ["free", "call", "café", "É", "日", "🎉", "£", "ok", "!", "2", "u", "free call", "ok ok", "call now", "2 u", "日 本"];
        if (shuffledTerms)
        {
            (terms[0], terms[12], terms[3], terms[14]) = (terms[12], terms[0], terms[14], terms[3]);
        }

        return
        [
            new NumericEncoder("age", filled ? 40 : float.NaN, 38.5f, 0.07f),
            new NumericEncoder("income in €", filled ? 1000 : float.NaN),
            new NumericEncoder("member", filled ? 0 : float.NaN),
            new OrdinalEncoder("hour", ["0", "8", "17", "23"], [0.5f, 3, 2.25f, 1], none, filled ? 0 : float.NaN),
            new OneHotEncoder("city", ["Bern", "Zürich", "", "München"]),
            new CalendarEncoder("when", [CalendarPart.Days, CalendarPart.Hour, CalendarPart.Weekday, CalendarPart.Month],
                filled ? [10000, 12, 3, 6] : [float.NaN, float.NaN, float.NaN, float.NaN], [15000, 11.5f, 0, 0], [1 / 9000f, 1 / 7f, 1, 1]),
            new OneHotEncoder("hour", ["8", "9"]),
            new NumericEncoder("label", filled ? 0 : float.NaN, 0, 2),
            new TextEncoder("text", terms, [.. terms.Select((_, i) => 1 + (i / 7f))]),
        ];
    }

    /// <summary>Predicts e to the power of its raw score.</summary>
    public static TrainedModel Exponential(bool trees, int seed)
    {
        var model = trees ? Forest(ModelTask.Regression, seed, trees: 3) : Linear(ModelTask.Regression, seed);
        return model with { Predictor = model.Predictor with { Link = Link.Exponential } };
    }

    public static TrainedModel Linear(ModelTask task, int seed, bool shuffledTerms = false)
    {
        var random = new Random(seed);
        var encoders = Encoders(filled: true, shuffledTerms);
        var outputs = task == ModelTask.Multiclass ? 3 : 1;
        float[] Weights() => [.. Enumerable.Range(0, encoders.Sum(e => e.Width)).Select(i => i == 1 ? 1e-4f : (float)(random.NextDouble() - 0.5))];
        return new(Signature(task, Inputs), encoders, new LinearPredictor(LinkOf(task), [.. Enumerable.Range(0, outputs).Select(_ => Weights())],
            [.. Enumerable.Range(0, outputs).Select(_ => (float)random.NextDouble())]) { Means = [.. Enumerable.Range(0, encoders.Sum(e => e.Width)).Select(j => (j % 5) - 1.5f)] });
    }

    public static TrainedModel Forest(ModelTask task, int seed, int trees = 30)
    {
        var random = new Random(seed);
        var encoders = Encoders(filled: false);
        var outputs = task == ModelTask.Multiclass ? 3 : 1;
        var width = encoders.Sum(e => e.Width);
        return new(Signature(task, Inputs), encoders, new TreeEnsemble(LinkOf(task), [.. Enumerable.Range(0, outputs).Select(k => 0.25f * (k + 1))],
            [.. Enumerable.Range(0, trees).Select(t => RandomTree(random, t % outputs, width, Threshold))]));

        float Threshold(int feature) => feature switch
        {
            1 => 5000 * random.NextSingle(), 0 => (random.NextSingle() * 6) - 3, 3 => random.Next(0, 4),
            _ => random.NextSingle() * 2,
        };
    }

    /// <summary>A tree of random shape whose nodes stand in random order, root first.</summary>
    public static Tree RandomTree(Random random, int output, int width, Func<int, float> threshold)
    {
        var inner = random.Next(0, 16);
        var n = (2 * inner) + 1;
        var tree = new Tree(output, new int[n], new float[n], new bool[n], new int[n], new int[n], new float[n]) { Cover = new float[n] };
        var free = Enumerable.Range(1, n - 1).ToArray();
        random.Shuffle(free);
        var open = new List<int> { 0 };
        for (var i = 0; i < inner; i++)
        {
            var at = random.Next(open.Count);
            var node = open[at];
            open[at] = tree.Left[node] = free[2 * i];
            open.Add(tree.Right[node] = free[(2 * i) + 1]);
            tree.Feature[node] = random.Next(width);
            tree.Threshold[node] = threshold(tree.Feature[node]);
            tree.MissingLeft[node] = random.Next(2) == 0;
        }

        foreach (var leaf in open)
        {
            (tree.Feature[leaf], tree.Value[leaf]) = (-1, (random.NextSingle() - 0.5f) / 3);
        }

        // A function of the node, some of them 0; the random numbers stay those that they were.
        void Count(int node)
        {
            tree.Cover[node] = node * 7 % 5;
            if (tree.Feature[node] >= 0)
            {
                Count(tree.Left[node]);
                Count(tree.Right[node]);
                tree.Cover[node] = tree.Cover[tree.Left[node]] + tree.Cover[tree.Right[node]];
            }
        }

        Count(0);
        return tree;
    }

    /// <summary>The tree with random sets of the first categories at about half its nodes.</summary>
    public static Tree WithSets(Tree tree, Random random, int categories)
    {
        var sets = Array.ConvertAll(tree.Feature, feature => feature < 0 || random.Next(2) == 0 ? default
            : Enumerable.Range(0, random.Next(1, categories)).Aggregate(default(CategorySet), (set, _) => set.With(random.Next(categories))));
        return tree with { Sets = sets, Threshold = [.. tree.Threshold.Select((threshold, node) => sets[node].IsEmpty ? threshold : 0)] };
    }

    public static Frame Rows(int count, int seed)
    {
        var random = new Random(seed);
        bool Missing() => random.Next(6) == 0;
        double Number(double value) => Missing() ? double.NaN : value;
        var rows = Enumerable.Range(0, count).ToArray();
        return new(
        [
            new NumberColumn("age", [.. rows.Select(_ => Number(random.Next(18, 90)))]),
            new NumberColumn("income in €", [.. rows.Select(_ => Number(random.NextDouble() * 5000))]),
            new BooleanColumn("member", [.. rows.Select(_ => Missing() ? BooleanColumn.Missing : (byte)random.Next(2))]),
            new NumberColumn("hour", [.. rows.Select(_ => Number(random.Next(24)))], ColumnType.Integer),
            Texts("city", rows.Select(_ => Missing() ? null : random.GetItems(["Bern", "Zürich", "München", "Genève", "bern"], 1)[0])),
            new TimestampColumn("when", [.. rows.Select(_ => Missing() ? TimestampColumn.Missing : random.NextInt64(-9_000_000_000_000, 9_000_000_000_000))]),
            new NumberColumn("label", [.. rows.Select(_ => Number((float)random.NextDouble()))]),
            Texts("text", rows.Select(_ => Missing() ? null : string.Join(random.Next(3) == 0 ? "  " : " ", random.GetItems(Words, random.Next(0, 9))))),
            Texts("never used", rows.Select(r => r % 2 == 0 ? "x" : null)),
        ]);
    }

    public static StringColumn Texts(string name, IEnumerable<string?> cells)
    {
        var texts = new List<string>();
        var codes = cells.Select(cell =>
        {
            if (cell is null)
            {
                return StringColumn.Missing;
            }

            if (!texts.Contains(cell))
            {
                texts.Add(cell);
            }

            return texts.IndexOf(cell);
        }).ToArray();
        return new(name, codes, [.. texts]);
    }

    private static Link LinkOf(ModelTask task) => task switch { ModelTask.Regression => Link.Identity, ModelTask.Binary => Link.Logistic, _ => Link.Softmax };
}
