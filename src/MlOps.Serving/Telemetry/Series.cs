using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace MlOps.Serving.Telemetry;

/// <summary>What an instrument has measured so far, by its tags.</summary>
internal sealed class Series
{
    /// <summary>Different sets of tags beyond this many are counted as one, without tags: callers must not be able to fill the memory.</summary>
    private const int MostSets = 1000;

    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Cell> _cells = new(TagComparer.Instance);
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Cell>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _bySpan;

    public Series(Instrument instrument)
    {
        Instrument = instrument;
        Kind = instrument.GetType().Name switch
        {
            var name when name.StartsWith("Histogram", StringComparison.Ordinal) => SeriesKind.Histogram,
            var name when name.Contains("UpDownCounter", StringComparison.Ordinal) => SeriesKind.Sum,
            var name when name.Contains("Counter", StringComparison.Ordinal) => SeriesKind.Counter,
            _ => SeriesKind.Gauge,
        };
        _bySpan = _cells.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public Instrument Instrument { get; }

    public SeriesKind Kind { get; }

    /// <summary>Between what a histogram's counts stand, the last one unbounded.</summary>
    public static IReadOnlyList<double> Bounds => Seconds;

    /// <summary>By tags, in no order.</summary>
    public IEnumerable<KeyValuePair<KeyValuePair<string, object?>[], Cell>> Cells => _cells;

    public void Measured(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_bySpan.TryGetValue(tags, out var cell))
        {
            cell = _cells.GetOrAdd(_cells.Count < MostSets ? tags.ToArray() : [], static (_, kind) => new Cell(kind == SeriesKind.Histogram ? Seconds.Length + 1 : 0), Kind);
        }

        // What is observed is the whole; the rest is added up.
        if (Kind == SeriesKind.Histogram)
        {
            cell.Count(Bucket(value), value);
        }
        else if (Instrument.IsObservable || Kind == SeriesKind.Gauge)
        {
            cell.Set(value);
        }
        else
        {
            cell.Add(value);
        }
    }

    /// <summary>Forgets what was observed, so that what no longer is does not stay.</summary>
    public void Forget()
    {
        if (Instrument.IsObservable)
        {
            _cells.Clear();
        }
    }

    private static int Bucket(double value)
    {
        var at = 0;
        while (at < Seconds.Length && value > Seconds[at])
        {
            at++;
        }

        return at;
    }

    /// <summary>Tags are equal with the same names and values in the same order: measurements are looked up without making an array of them.</summary>
    private sealed class TagComparer : IEqualityComparer<KeyValuePair<string, object?>[]>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagComparer Instance = new();

        public bool Equals(KeyValuePair<string, object?>[]? one, KeyValuePair<string, object?>[]? other) => Equals((ReadOnlySpan<KeyValuePair<string, object?>>)one, other!);

        public int GetHashCode([DisallowNull] KeyValuePair<string, object?>[] tags) => GetHashCode((ReadOnlySpan<KeyValuePair<string, object?>>)tags);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> one, KeyValuePair<string, object?>[] other)
        {
            if (one.Length != other.Length)
            {
                return false;
            }

            for (var i = 0; i < other.Length; i++)
            {
                if (one[i].Key != other[i].Key || !Equals(one[i].Value, other[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = default(HashCode);
            foreach (var (name, value) in tags)
            {
                hash.Add(name);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.ToArray();
    }
}

/// <summary>One number, or the counts of a histogram.</summary>
internal sealed class Cell(int buckets)
{
    private readonly long[] _counts = new long[buckets];
    private double _value;

    public double Value => Volatile.Read(ref _value);

    public long[] Counts => [.. _counts.Select((_, at) => Volatile.Read(ref _counts[at]))];

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        for (double before = _value, found; ; before = found)
        {
            found = Interlocked.CompareExchange(ref _value, before + value, before);
            if (found.Equals(before))
            {
                return;
            }
        }
    }

    public void Count(int bucket, double value)
    {
        Interlocked.Increment(ref _counts[bucket]);
        Add(value);
    }
}

/// <summary>How measurements add up.</summary>
internal enum SeriesKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Grows and shrinks.</summary>
    Sum,

    /// <summary>The last one counts.</summary>
    Gauge,

    /// <summary>They are counted by size.</summary>
    Histogram,
}
