using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Actions;

/// <summary>How long trials are run.</summary>
/// <param name="Most">How many at most.</param>
/// <param name="IsOver">Whether no further one is to be started.</param>
internal sealed record TrialBudget(int Most, Func<bool> IsOver);

/// <summary>Runs a model's trials in order for as long as a budget lasts, so that a later build has their results, and counts them.</summary>
/// <remarks>With successive halving it runs the first rung, which all trials take part in.</remarks>
/// <param name="threads">Told how many trials run.</param>
/// <param name="budget">How long.</param>
/// <param name="trainers">How they are read.</param>
internal sealed class ExploreAction(ThreadShare threads, TrialBudget? budget, JsonSerializerOptions trainers) : IStepExecutor
{
    public const string Name = "explore";

    /// <summary>The fact: how many trials have results.</summary>
    public const string Trials = "trials";

    /// <summary>So many repeated draws in a row say that there are no other points, or hardly any.</summary>
    private const int MostRepeated = 100;

    public bool ReadsInPlace => true;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var (steps, most) = (new TrialSteps(context.Step, trainers), budget?.Most ?? 0);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var lastNew = 0;
        threads.Expect(most);
        try
        {
            var done = context.RunSubsteps(Drawn()).Count;
            return new() { [Trials] = done - lastNew == MostRepeated ? lastNew : done };
        }
        finally
        {
            threads.Expect(-most);
        }

        IEnumerable<Step> Drawn()
        {
            for (var trial = 1; trial <= most && trial - lastNew <= MostRepeated && !(trial > 1 && budget!.IsOver()); trial++)
            {
                lastNew = seen.Add(CanonicalJson.Compact(steps.Options(trial))) ? trial : lastNew;
                yield return steps.Of(trial, 0);
            }
        }
    }
}
