using MlOps.Content;

namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Makes the wanted model of the scores that a foreign graph computes.</summary>
internal static class ForeignFit
{
    public static bool IsSame(Signature own, Signature wanted) =>
        own.Task == wanted.Task && own.Label == wanted.Label && own.Classes.SequenceEqual(wanted.Classes) && own.Inputs.SequenceEqual(wanted.Inputs);

    /// <exception cref="DiagnosticException">MLO5014: it predicts something else.</exception>
    public static TrainedModel Fit(Scores scores, Signature wanted) => new(wanted, scores.Encoders, wanted.Task switch
    {
        ModelTask.Regression => Regression(scores),
        ModelTask.Binary => Binary(scores, wanted.Classes),
        _ => Multiclass(scores, wanted.Classes),
    });

    public static DiagnosticException Misfit(string why, string mend) =>
        new(new Diagnostic("MLO5014", "the ONNX model predicts something else than the model declares") { Why = why, Mend = mend });

    public static DiagnosticException Other(Signature own, Signature wanted) => Misfit(
        $"it is a model of this program for {Say(own)}, but wanted is {Say(wanted)}", "let the program write the model that model.json declares");

    private static string Say(Signature signature) =>
        $"{signature.Task.ToString().ToLowerInvariant()} of '{signature.Label}'{(signature.Classes.Count > 0 ? $" ({string.Join(", ", signature.Classes)})" : "")} from {string.Join(", ", signature.Inputs.Select(input => input.Name))}";

    private static Predictor Regression(Scores scores) =>
        scores is { Outputs: 1, Classes: null, Predictor.Link: Link.Identity }
            ? scores.Predictor
            : throw Misfit($"the task is regression, but it predicts {Say(scores)}", "let it predict one number, or change \"task\"");

    private static Predictor Binary(Scores scores, IReadOnlyList<string> classes)
    {
        var isPositiveSecond = Places(scores, classes)[1] == 1;
        var sign = isPositiveSecond ? 1 : -1;
        return scores switch
        {
            { Outputs: 1, AreVotes: true } => isPositiveSecond ? scores.Predictor with { Link = Link.Votes } : Rest((TreeEnsemble)Mix(scores.Predictor, Link.Votes, [[-1]])),
            { Outputs: 2, AreVotes: true } => Mix(scores.Predictor, Link.Votes, isPositiveSecond ? [[0, 1]] : [[1, 0]]),
            { Outputs: 1, Predictor.Link: Link.Logistic } => Mix(scores.Predictor, Link.Logistic, [[sign]]),
            { Outputs: 2, Predictor.Link: Link.Softmax } => Mix(scores.Predictor, Link.Logistic, [[-sign, sign]]),
            { Outputs: 2, Predictor: LinearPredictor { Link: Link.Logistic } linear } when AreOpposite(linear) => Mix(linear, Link.Logistic, isPositiveSecond ? [[0, 1]] : [[1, 0]]),
            _ => throw Misfit($"the task is binary, but it predicts {Say(scores)}", "let it predict the positive class's probability by LOGISTIC (Sigmoid), or both classes' by SOFTMAX, or by votes of trees that sum to 1"),
        };

        static TreeEnsemble Rest(TreeEnsemble forest) => forest with { BaseScores = [1 + forest.BaseScores[0]] };
    }

    private static Predictor Multiclass(Scores scores, IReadOnlyList<string> classes)
    {
        var places = Places(scores, classes);
        var link = scores.AreVotes ? Link.Votes : scores.Predictor.Link;
        return link is Link.Softmax or Link.OneVsRest or Link.Votes && scores.Outputs == classes.Count
            ? Mix(scores.Predictor, link, [.. places.Select(place => Enumerable.Range(0, classes.Count).Select(k => k == place ? 1 : 0).ToArray())])
            : throw Misfit($"the task is multiclass with {classes.Count} classes, but it predicts {Say(scores)}", $"let it predict {classes.Count} classes' probabilities by SOFTMAX, by LOGISTIC and Normalizer (L1), or by votes of trees that sum to 1");
    }

    // Where each wanted class stands in the graph; classes that the graph does not name are taken as wanted.
    private static int[] Places(Scores scores, IReadOnlyList<string> wanted)
    {
        if (scores.Classes is not { } named)
        {
            return [.. Enumerable.Range(0, wanted.Count)];
        }

        int[] places = [.. wanted.Select(name => Enumerable.Range(0, named.Count).FirstOrDefault(k => named[k] == name, -1))];
        return !places.Contains(-1) && named.Count == wanted.Count
            ? places
            : throw Misfit($"its classes are {string.Join(", ", named)}; the training rows have {string.Join(", ", wanted)}", "let the program train on train.csv, whose labels stand as they do here");
    }

    private static bool AreOpposite(LinearPredictor linear) =>
        linear.Intercepts[0] == -linear.Intercepts[1] && linear.Weights[0].Zip(linear.Weights[1], (a, b) => a == -b).All(holds => holds);

    private static string Say(Scores scores) =>
        $"{scores.Outputs} {(scores.Outputs == 1 ? "score" : "scores")} with link {scores.Predictor.Link.ToString().ToLowerInvariant()}{(scores.Classes is { } classes ? $" of classes {string.Join(", ", classes)}" : "")}";

    /// <summary>A predictor of other raw scores: each the sum of the old ones times its row of signs.</summary>
    private static Predictor Mix(Predictor predictor, Link link, int[][] rows) => predictor switch
    {
        LinearPredictor linear => new LinearPredictor(link,
            [.. rows.Select(signs => Enumerable.Range(0, linear.Weights[0].Length).Select(j => Sum(signs, k => linear.Weights[k][j])).ToArray())],
            [.. rows.Select(signs => Sum(signs, k => linear.Intercepts[k]))]),
        TreeEnsemble trees => new TreeEnsemble(link,
            [.. rows.Select(signs => Sum(signs, k => trees.BaseScores[k]))],
            [.. rows.SelectMany((signs, output) => trees.Trees.Where(tree => signs[tree.Output] != 0)
                .Select(tree => tree with { Output = output, Value = Array.ConvertAll(tree.Value, value => value * signs[tree.Output]) }))]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static float Sum(int[] signs, Func<int, float> score) => (float)signs.Select((sign, k) => sign == 0 ? 0.0 : sign * (double)score(k)).Sum();
}
