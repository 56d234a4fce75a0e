namespace MlOps.Learning;

/// <summary>Successive halving (https://arxiv.org/abs/1502.07943): many trials get little, and only the best of them more, until the last get all.</summary>
/// <param name="Factor">One in so many trials goes on from a rung to the next, which gives so many times more: 2 or more.</param>
/// <param name="Rungs">How many there are, 1 or more; they do not depend on the number of trials, so that more trials reuse earlier ones.</param>
public sealed record Halving(int Factor, int Rungs)
{
    /// <summary>Every trial gets all at once.</summary>
    public static Halving None { get; } = new(2, 1);

    /// <summary>The share of trees or rows that a rung gives, 1 for the last.</summary>
    /// <param name="rung">From 0.</param>
    public double Share(int rung)
    {
        var parts = 1L;
        for (; rung < Rungs - 1; rung++)
        {
            parts *= Factor;
        }

        return 1.0 / parts;
    }

    /// <summary>Those that go on from a rung: the best, and the first one always, because it is what a result must be no worse than.</summary>
    /// <param name="trials">The trials of the rung, ascending.</param>
    /// <param name="scores">As many; null counts as worst.</param>
    /// <returns>Ascending.</returns>
    public IReadOnlyList<int> Survivors(IReadOnlyList<int> trials, IReadOnlyList<double?> scores, bool higherIsBetter)
    {
        var best = Ranked(trials, scores, higherIsBetter).Take(Math.Max(1, trials.Count / Factor));
        return [.. best.Append(trials[0]).Distinct().Order()];
    }

    /// <summary>Trials, best first; of equal ones the earlier.</summary>
    public static IReadOnlyList<int> Ranked(IReadOnlyList<int> trials, IReadOnlyList<double?> scores, bool higherIsBetter) =>
        [.. trials.Zip(scores).OrderBy(trial => trial.Second is not { } score ? double.PositiveInfinity : higherIsBetter ? -score : score).ThenBy(trial => trial.First).Select(trial => trial.First)];
}
