using MlOps.Data;

namespace MlOps.Scoring.Internal;

/// <summary>What must hold of a model before it is written or run; a breach is a bug of whoever made it, or a damaged file.</summary>
internal static class ModelCheck
{
    private const int MostParts = 16;

    /// <exception cref="ArgumentException">The model contradicts itself.</exception>
    public static void Check(TrainedModel model)
    {
        var (signature, encoders, predictor) = model;
        var width = encoders.Sum(e => e.Width);
        var raw = signature.Task == ModelTask.Multiclass ? signature.Classes.Count : 1;
        Require(signature.Inputs.Count > 0, "a model has inputs");
        Require(signature.Inputs.DistinctBy(i => i.Name).Count() == signature.Inputs.Count, "an input stands twice");
        Require(signature.Classes.Count == signature.Task switch { ModelTask.Regression => 0, ModelTask.Binary => 2, _ => raw }, "classes do not fit the task");
        Require(signature.Task != ModelTask.Multiclass || raw > 1, "multiclass needs classes");
        Require(signature.Task switch
        {
            ModelTask.Regression => predictor.Link is Link.Identity or Link.Exponential,
            ModelTask.Binary => predictor.Link is Link.Logistic or Link.Votes,
            _ => predictor.Link is Link.Softmax or Link.OneVsRest or Link.Votes,
        }, $"link {predictor.Link} does not fit {signature.Task}");
        Require(float.IsFinite(signature.Threshold) && (signature.Task == ModelTask.Binary || signature.Threshold == 0.5f), "a threshold is for binary models");
        Require(model.Calibration is null || signature.Task == ModelTask.Binary, "a calibration is for binary models");
        Require(model.Calibration is not IsotonicCalibration { Starts: var starts, Widths: var widths, Heights: var heights }
            || (widths.Length == starts.Length && heights.Length == starts.Length && widths.All(w => w > 0)), "one width above 0 and one height per start");
        foreach (var encoder in encoders)
        {
            Check(encoder, signature.Inputs.FirstOrDefault(i => i.Name == encoder.Column));
        }

        Require(!encoders.SkipWhile(e => !e.IsSparse).Any(e => !e.IsSparse), "sparse encoders stand last");
        foreach (var hash in encoders.OfType<HashEncoder>())
        {
            Require(encoders.Count(e => e.Column == hash.Column) == 1, $"'{hash.Column}' is hashed and used in another way");
        }

        switch (predictor)
        {
            case LinearPredictor linear:
                Require(linear.Weights.Length == raw && linear.Intercepts.Length == raw, "one row of weights and one intercept per raw score");
                Require(linear.Weights.All(w => w.Length == width), "one weight per feature");
                Require(linear.Means.Length == 0 || (linear.Means.Length == width && linear.Means.All(float.IsFinite)), "one mean per feature, or none");
                break;
            case TreeEnsemble ensemble:
                Require(ensemble.BaseScores.Length == raw, "one base score per raw score");
                Require(ensemble.Trees.Select(tree => tree.Cover.Length > 0).Distinct().Count() < 2, "all trees have covers, or none");
                foreach (var tree in ensemble.Trees)
                {
                    Check(tree, raw, width, encoders.TakeWhile(e => e is not TextEncoder).Sum(e => e.Width));
                }

                break;
            default:
                throw new ArgumentException($"unknown predictor {predictor.GetType().Name}");
        }
    }

    private static void Check(Encoder encoder, InputColumn? input)
    {
        Require(input is not null, $"column '{encoder.Column}' is no input");
        switch (encoder)
        {
            case NumericEncoder:
                Require(input!.Kind is FeatureKind.Numeric or FeatureKind.Boolean, $"'{encoder.Column}' is {input.Kind}, its encoder numeric");
                break;
            case OrdinalEncoder ordinal:
                Require(input!.Kind is FeatureKind.Categorical or FeatureKind.Text, $"'{encoder.Column}' is {input.Kind}, its encoder ordinal");
                Require(ordinal.Values.Length == ordinal.Categories.Length, $"one value per category of '{encoder.Column}'");
                Require(!ordinal.Categories.Contains(""), $"a category of '{encoder.Column}' is empty");
                Distinct(ordinal.Categories, encoder);
                break;
            case OneHotEncoder oneHot:
                Require(input!.Kind is FeatureKind.Categorical or FeatureKind.Text, $"'{encoder.Column}' is {input.Kind}, its encoder one-hot");
                Distinct(oneHot.Categories, encoder);
                break;
            case CalendarEncoder calendar:
                Require(input!.Kind == FeatureKind.Timestamp, $"'{encoder.Column}' is {input.Kind}, its encoder a calendar");
                Require(calendar is { Parts: var p, Fill: var f, Offsets: var o, Scales: var s } && f.Length == p.Length && o.Length == p.Length
                    && s.Length == p.Length, $"one fill, offset and scale per part of '{encoder.Column}'");
                break;
            case CyclicEncoder cyclic:
                Require(input!.Kind == FeatureKind.Timestamp, $"'{encoder.Column}' is {input.Kind}, its encoder a calendar");
                Require(cyclic.Parts.Length > 0 && cyclic.Parts.All(part => CivilCalendar.Cycle(part) is not null), $"parts of '{encoder.Column}' come round again");
                break;
            case HashEncoder hash:
                Require(input!.Kind is FeatureKind.Categorical or FeatureKind.Text, $"'{encoder.Column}' is {input.Kind}, its encoder a hash");
                Require(hash.Buckets > 0, $"'{encoder.Column}' has buckets");
                break;
            case TextEncoder text:
                Require(input!.Kind is FeatureKind.Text or FeatureKind.Categorical, $"'{encoder.Column}' is {input.Kind}, its encoder text");
                Require(text.Weights.Length == text.Terms.Length, $"one weight per term of '{encoder.Column}'");
                Require(text.Terms.All(term => IsTerm(term, text.Characters)), "a term is a run of tokens or of characters");
                Distinct(text.Terms, encoder);
                break;
            default:
                throw new ArgumentException($"unknown encoder {encoder.GetType().Name}");
        }
    }

    private static bool IsTerm(string term, bool characters) => characters
        ? term.Length is > 0 and <= 2 * MostParts && !term.AsSpan().ContainsAnyInRange('\0', '\u0003')
        : term.Length > 0 && term.Split(' ') is { Length: <= MostParts } tokens && Array.TrueForAll(tokens, token => token.Length > 0);

    private static void Check(Tree tree, int outputs, int width, int dense)
    {
        var n = tree.Feature.Length;
        Require(n > 0 && tree.Output >= 0 && tree.Output < outputs, "a tree has nodes and an output");
        Require(tree.Threshold.Length == n && tree.MissingLeft.Length == n && tree.Left.Length == n && tree.Right.Length == n && tree.Value.Length == n,
            "a tree's arrays have one length");
        Require(tree.Cover.Length == 0 || (tree.Cover.Length == n && tree.Cover.All(rows => rows >= 0 && float.IsFinite(rows))), "a tree has a cover per node, or none");

        Require(tree.Sets.Length == 0 || tree.Sets.Length == n, "a tree has a set per node, or none");
        for (var node = 0; node < tree.Sets.Length; node++)
        {
            Require(!tree.HasSet(node) || ((uint)tree.Feature[node] < dense && !tree.Sets[node].Contains(CategorySet.Other)), "a set is of categories, of a dense feature");
        }

        // Every node but the root has one parent, which stands before it on some path: walks end.
        var parents = new bool[n];
        var reached = 1;
        var stack = new Stack<int>([0]);
        while (stack.TryPop(out var node))
        {
            Require(tree.Feature[node] < width, "a tree asks for a feature that is not there");
            if (tree.Feature[node] >= 0)
            {
                Child(tree.Left[node]);
                Child(tree.Right[node]);
            }
        }

        Require(reached == n, "a tree has nodes that nothing leads to");

        void Child(int child)
        {
            Require(child > 0 && child < n && !parents[child], "a tree's children form no tree");
            parents[child] = true;
            reached++;
            stack.Push(child);
        }
    }

    private static void Distinct(string[] names, Encoder encoder) =>
        Require(names.Distinct(StringComparer.Ordinal).Count() == names.Length, $"'{encoder.Column}' names something twice");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
