using System.Collections.Concurrent;

namespace MlOps.Tests.Containers;

/// <summary>Pauses end at once, but are remembered; time-outs, which are a day here, never come.</summary>
internal sealed class HastyTime : TimeProvider
{
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public ConcurrentQueue<TimeSpan> Pauses { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= Day)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Pauses.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
