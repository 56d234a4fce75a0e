namespace MlOps.Scoring;

public static partial class DeterministicMath
{
    /// <summary>Sine and cosine of an angle in turns: (0, 1) for 0, (1, 0) for 0.25. Within 1e−15.</summary>
    /// <remarks>Turns part into quarters without rounding; within an eighth of one either side of a quarter, Taylor's series end below the last bit.</remarks>
    /// <param name="turns">Finite, within ±2^50.</param>
    public static (double Sine, double Cosine) Circle(double turns)
    {
        var quarter = Math.Floor((turns * 4) + 0.5);
        var x = (turns - (quarter / 4)) * (2 * Math.PI);
        var (sine, cosine) = (Sine(x), Cosine(x));
        return ((long)quarter & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }

    // x − x³/3! + … + x¹⁷/17!, from the smallest on.
    private static double Sine(double x)
    {
        var (square, sum) = (x * x, 1.0);
        for (var n = 16; n > 0; n -= 2)
        {
            sum = 1 - (square / (n * (n + 1)) * sum);
        }

        return x * sum;
    }

    // 1 − x²/2! + … + x¹⁸/18!, from the smallest on.
    private static double Cosine(double x)
    {
        var (square, sum) = (x * x, 1.0);
        for (var n = 17; n > 0; n -= 2)
        {
            sum = 1 - (square / (n * (n + 1)) * sum);
        }

        return sum;
    }
}
