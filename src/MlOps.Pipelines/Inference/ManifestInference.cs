using MlOps.Content;
using MlOps.Data;
using MlOps.Pipelines.Inference.Internal;

namespace MlOps.Pipelines.Inference;

/// <summary>Infers a model's declaration from a table and the name of its label. Pure: the same table gives the same answer.</summary>
public static class ManifestInference
{
    /// <summary>Infers task, features, split and trainer, and looks for leaks. Values are judged by the training rows only, of the split given or of the one inferred.</summary>
    /// <exception cref="DiagnosticException">The label, or another column named in the options, cannot be used.</exception>
    public static InferredModel Infer(Frame frame, InferenceOptions options)
    {
        var rows = LabelledRows.Of(frame, options);
        var split = SplitRule.Of(rows, LabelRule.Of(rows.Training, options).Task, options);
        rows = rows.DividedBy(split.Split.Spec(options.Label));
        var label = LabelRule.Of(rows.Training, options);
        var (features, dropped) = FeatureRule.Of(rows.Training, options);
        var trainer = TrainerRule.Of(rows.Training.RowCount, features);
        var model = new InferredModel
        {
            Task = label.Task,
            Label = options.Label,
            Positive = label.Positive,
            Classes = label.Classes,
            Features = features,
            Dropped = dropped,
            Split = split.Split,
            Trainer = trainer.Name,
            RowsWithoutLabel = frame.RowCount - rows.All.RowCount,
            Explanations = [],
            Warnings = label.Warnings,
        };
        return model with
        {
            Explanations = [.. Explain(model, frame.RowCount, label.Reason, label.PositiveReason, split.Reason, trainer.Reason)],
            Warnings = [.. LeakDetector.Find(rows.Training, model, options.Where), .. label.Warnings],
        };
    }

    private static IEnumerable<string> Explain(InferredModel model, int rows, string task, string? positive, string split, string trainer)
    {
        yield return $"task: {model.Task.ToString().ToLowerInvariant()}, because {task}";
        if (positive is not null)
        {
            yield return $"positive class: {model.Positive}, because {positive}";
        }

        if (model.RowsWithoutLabel > 0)
        {
            yield return Words.Say($"rows: {model.RowsWithoutLabel} of {rows} take no part, because they have no {model.Label}");
        }

        foreach (var feature in model.Features)
        {
            yield return $"{feature.Column}: {feature.Kind.ToString().ToLowerInvariant()} ({feature.Reason})";
        }

        foreach (var column in model.Dropped)
        {
            yield return $"{column.Column}: left out, because {column.Reason}";
        }

        yield return $"split: {split}";
        yield return $"trainer: {model.Trainer}, because {trainer}";
    }
}
