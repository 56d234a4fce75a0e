namespace MlOps.Learning.Internal;

/// <summary>Runs numbered pieces of work side by side; a piece's content never depends on how many threads there are.</summary>
internal sealed class Workers(int threads, CancellationToken cancellation)
{
    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = Math.Max(1, threads) };

    /// <summary>At most this many pieces run at once.</summary>
    public int Threads => _options.MaxDegreeOfParallelism;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs 0 to count − 1 in any order and returns when all are done.</summary>
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

        Parallel.For(0, count, _options, piece);
    }

    /// <summary>Runs over [0, length) in ranges of a fixed size; the bounds do not depend on the threads.</summary>
    public void ForRanges(int length, int size, Action<int, int> range) =>
        For((length + size - 1) / size, i => range(i * size, Math.Min(length, (i + 1) * size)));
}
