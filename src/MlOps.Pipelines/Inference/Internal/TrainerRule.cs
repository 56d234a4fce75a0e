using MlOps.Data;

namespace MlOps.Pipelines.Inference.Internal;

/// <summary>The trainer that suits the rows and features.</summary>
internal static class TrainerRule
{
    private const int FewRows = 1000;

    internal static (string Name, string Reason) Of(int trainingRows, IReadOnlyList<InferredFeature> features)
    {
        var texts = features.Count(feature => feature.Kind == FeatureKind.Text);
        return texts * 3 >= features.Count ? ("linear", "most of what there is to learn from is text")
            : trainingRows < FewRows ? ("linear", Words.Say($"{trainingRows} training rows are too few for trees"))
            : ("boosted-trees", Words.Say($"{trainingRows} training rows are enough for trees, which need no tuning by hand"));
    }
}
