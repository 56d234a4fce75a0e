namespace MlOps.Tests.SampleData;

/// <summary>Seeded random draws that are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014), and only + − × ÷ on top of it.</summary>
internal sealed class Draws(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Between(double low, double high) => low + (high - low) * Uniform();

    /// <summary>Whether something of probability <paramref name="p"/> happens.</summary>
    public bool Happens(double p) => Uniform() < p;

    /// <summary>Mean 0, variance 1, nearly normal, never beyond ±6: twelve uniforms (Irwin–Hall), because logarithms differ between machines.</summary>
    public double Normal()
    {
        var sum = -6.0;
        for (var i = 0; i < 12; i++)
        {
            sum += Uniform();
        }

        return sum;
    }

    /// <summary>One of some values, each as likely as the others.</summary>
    public T OneOf<T>(params IReadOnlyList<T> values) => values[(int)(Uniform() * values.Count)];

    /// <summary>An index, drawn in proportion to the weights.</summary>
    public int Weighted(params IReadOnlyList<double> weights)
    {
        var left = Uniform() * weights.Sum();
        var index = 0;
        while (index < weights.Count - 1 && left >= weights[index])
        {
            left -= weights[index++];
        }

        return index;
    }

    private ulong Next()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
