using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Champions;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Runs an action's steps: those that call the model's own code in a process of their own, the others here.</summary>
/// <remarks>It is no part of what a step does, and of no fingerprint: the action is the same there.</remarks>
/// <param name="action">What the steps do.</param>
/// <param name="code">The models' own code, by the models' names.</param>
/// <param name="threads">How many threads a step may use.</param>
/// <param name="champions">What gates ask; null for other actions.</param>
internal sealed class OwnCodeExecutor(IStepExecutor action, IReadOnlyDictionary<string, CompiledModel> code, Func<int> threads, IChampions? champions = null) : IStepExecutor
{
    public bool ReadsInPlace => action.ReadsInPlace;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        if (!CallsCode(context.Step.Parameters))
        {
            return action.Execute(context, cancellationToken);
        }

        var folder = Path.Join(context.WorkDirectory, "code");
        var request = new StepRequest(
            context.Step,
            context.WorkDirectory,
            context.Step.Inputs.Keys.ToDictionary(name => name, context.InputPath, StringComparer.Ordinal),
            threads(),
            champions is null ? null : ToldChampions.Of(champions, context, folder));
        var (result, printed) = CodeRunner.Run(ModelOf(code, context.Step), request.ToJson(), context.Step.Origin, folder, context.Report, cancellationToken);
        context.Log = printed;
        foreach (var warning in CodeRunner.Told(result[StepWorker.Warnings]!.AsArray()))
        {
            context.Warn(warning with { Severity = Severity.Warning });
        }

        var facts = result[StepWorker.Facts]!.AsObject();
        result.Remove(StepWorker.Facts);
        return facts;
    }

    /// <summary>The code of the model that a step belongs to.</summary>
    public static CompiledModel ModelOf(IReadOnlyDictionary<string, CompiledModel> code, Step step) => code[step.Address.Owner[(step.Address.Owner.IndexOf('/', StringComparison.Ordinal) + 1)..]];

    /// <summary>Whether a step of such parameters calls functions or types of the model's own code.</summary>
    private static bool CallsCode(JsonObject parameters) =>
        parameters["trainer"]?["code"] is not null || parameters[EvaluateAction.Metric] is not null || parameters[EvaluateAction.Name]?["metrics"] is not null;
}
