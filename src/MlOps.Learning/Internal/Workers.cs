namespace MlOps.Learning.Internal;

/// <summary>Runs numbered pieces of work side by side; a piece's content never depends on how many threads there are.</summary>
/// <remarks>Its threads sleep between jobs and never spin: on a busy machine a spinning thread takes the time of the one that it waits for.</remarks>
internal sealed class Workers(int threads, CancellationToken cancellation) : IDisposable
{
    private readonly List<Helper> _helpers = [];
    private readonly AutoResetEvent _done = new(false);
    private volatile Job? _job;
    private volatile bool _ended;

    /// <summary>At most this many pieces run at once.</summary>
    public int Threads { get; } = Math.Max(1, threads);

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs 0 to count − 1 in any order and returns when all are done. Pieces start no jobs of their own.</summary>
    public void For(int count, Action<int> piece)
    {
        cancellation.ThrowIfCancellationRequested();
        if (count <= 1 || Threads == 1)
        {
            for (var i = 0; i < count; i++)
            {
                piece(i);
            }

            return;
        }

        var job = new Job(piece, count, _done);
        _job = job;
        var wanted = Math.Min(Threads, count) - 1;
        while (_helpers.Count < wanted)
        {
            _helpers.Add(new(this));
        }

        for (var i = 0; i < wanted; i++)
        {
            _helpers[i].Wake.Set();
        }

        job.Work();
        while (!job.IsDone)
        {
            _done.WaitOne();
        }

        _job = null;
        job.ThrowIfFailed();
    }

    /// <summary>Runs over [0, length) in ranges of a fixed size; the bounds do not depend on the threads.</summary>
    public void ForRanges(int length, int size, Action<int, int> range) =>
        For((length + size - 1) / size, i => range(i * size, Math.Min(length, (i + 1) * size)));

    /// <summary>The sum of what ranges of a fixed size give, added in their order: the same bits with any number of threads.</summary>
    public double SumRanges(int length, int size, Func<int, int, double> range)
    {
        var parts = new double[(length + size - 1) / size];
        ForRanges(length, size, (from, to) => parts[from / size] = range(from, to));
        return OrderedSum.Of(parts);
    }

    public void Dispose()
    {
        _ended = true;
        foreach (var helper in _helpers)
        {
            helper.Wake.Set();
            helper.Thread.Join();
            helper.Wake.Dispose();
        }

        _done.Dispose();
    }

    private sealed class Helper
    {
        public Helper(Workers owner)
        {
            Thread = new(() =>
            {
                while (Wake.WaitOne() && !owner._ended)
                {
                    owner._job?.Work();
                }
            })
            { IsBackground = true, Name = "learning" };
            Thread.Start();
        }

        public AutoResetEvent Wake { get; } = new(false);

        public Thread Thread { get; }
    }

    private sealed class Job(Action<int> piece, int count, AutoResetEvent done)
    {
        private int _taken;
        private int _finished;
        private System.Runtime.ExceptionServices.ExceptionDispatchInfo? _failure;

        public bool IsDone => Volatile.Read(ref _finished) == count;

        public void Work()
        {
            for (var i = Interlocked.Increment(ref _taken) - 1; i < count; i = Interlocked.Increment(ref _taken) - 1)
            {
                try
                {
                    piece(i);
                }
#pragma warning disable CA1031 // Thrown again where the job was started.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    Interlocked.CompareExchange(ref _failure, System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e), null);
                }

                if (Interlocked.Increment(ref _finished) == count)
                {
                    done.Set();
                }
            }
        }

        public void ThrowIfFailed() => _failure?.Throw();
    }
}
