using System.Diagnostics;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Runs the steps that a running step has of its own, as many side by side as the build has places for.</summary>
/// <remarks>Each is cached under its fingerprint like any step, and has no place in the lock, which shows what their owner makes of them (decision 0017).</remarks>
/// <param name="owner">The running step; its substeps read what it reads.</param>
/// <param name="run">Runs one whose fingerprint is known, or takes its result from where it is.</param>
/// <param name="places">The places of the build; the owner has one of them already.</param>
/// <param name="cancellation">Ends what runs and starts no others.</param>
internal sealed class Substeps(PlannedStep owner, Func<PlannedStep, StepOutcome> run, Places places, CancellationToken cancellation)
{
    private readonly List<StepOutcome?> _outcomes = [];
    private Exception? _failure;
    private bool _ended;

    /// <summary>All that were run so far, in the order in which they were asked for.</summary>
    public IReadOnlyList<StepOutcome> Outcomes => [.. _outcomes.OfType<StepOutcome>()];

    /// <summary>Runs steps to the end of the sequence, which is asked for the next one only when a place is free.</summary>
    public IReadOnlyList<StepRecord> Run(IEnumerable<Step> steps)
    {
        var first = _outcomes.Count;
        _ended = false;
        using var next = steps.GetEnumerator();
        var helpers = Enumerable.Range(1, places.Count - 1).Select(_ => new Thread(() => Help(next)) { IsBackground = true, Name = "substeps" }).ToList();
        helpers.ForEach(helper => helper.Start());
        while (Next(next) is { } mine)
        {
            Do(mine.At, mine.Step);
        }

        places.Wake();
        helpers.ForEach(helper => helper.Join());
        cancellation.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }

        return [.. _outcomes.Skip(first).Select(outcome => outcome!.Result!)];
    }

    private void Help(IEnumerator<Step> steps)
    {
        while (places.Take(() => Volatile.Read(ref _ended)))
        {
            try
            {
                if (Next(steps) is { } mine)
                {
                    Do(mine.At, mine.Step);
                }
            }
            finally
            {
                places.Give();
            }
        }
    }

    private (int At, Step Step)? Next(IEnumerator<Step> steps)
    {
        lock (_outcomes)
        {
            if (_ended || _failure is not null || cancellation.IsCancellationRequested || !steps.MoveNext())
            {
                Volatile.Write(ref _ended, true);
                return null;
            }

            _outcomes.Add(null);
            return (_outcomes.Count - 1, steps.Current);
        }
    }

    private void Do(int at, Step step)
    {
        StepOutcome? outcome = null;
        Exception? failure = null;
        try
        {
            var inputs = step.Inputs.Keys.ToDictionary(name => name, name => owner.Inputs![name], StringComparer.Ordinal);
            // What is forced is to be seen running, and that is these.
            var reason = owner.Reason == StaleReason.Forced ? StaleReason.Forced : StaleReason.NeverBuilt;
            outcome = run(new(step, PlannedAction.Run, reason, [], []) { Inputs = inputs, Fingerprint = StepDescription.Fingerprint(step, inputs).Digest });
        }
#pragma warning disable CA1031 // Thrown again where the steps were asked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        lock (_outcomes)
        {
            _outcomes[at] = outcome;
            _failure ??= failure;
        }
    }
}

/// <summary>How many steps may run at once, those that a running step has of its own among them.</summary>
/// <param name="count">As many; the threads that run steps take and give theirs under the gate.</param>
/// <param name="gate">Guards the number, and is pulsed when it changes.</param>
internal sealed class Places(int count, object gate)
{
    private int _taken;

    public int Count => count;

    /// <summary>Whether one is free; only under the gate.</summary>
    public bool IsFree => _taken < count;

    /// <summary>Takes one that is known to be free, or gives it back; only under the gate.</summary>
    public void Add(int places) => _taken += places;

    /// <summary>Takes one as soon as one is free; false if it is no longer wanted.</summary>
    public bool Take(Func<bool> isOver)
    {
        lock (gate)
        {
            while (!IsFree)
            {
                if (isOver())
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            if (isOver())
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    public void Give()
    {
        lock (gate)
        {
            _taken--;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Lets those who wait look again whether they still want one.</summary>
    public void Wake()
    {
        lock (gate)
        {
            Monitor.PulseAll(gate);
        }
    }
}
