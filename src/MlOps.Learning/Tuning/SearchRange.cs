using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Buffers.Binary;
using MlOps.Scoring;

namespace MlOps.Learning;

/// <summary>The numbers between two ends, both included.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end, not below <paramref name="Low"/>.</param>
/// <param name="IsLogarithmic">Whether equal ratios are equally likely, not equal differences; then both ends are above 0.</param>
/// <param name="IsWhole">Whether only whole numbers are drawn; then both ends are whole.</param>
public sealed record NumberRange(double Low, double High, bool IsLogarithmic, bool IsWhole)
{
    private const string Digits = "G4";

    /// <summary>The number at a place between the ends. It has four significant digits, which people can read and no learner feels.</summary>
    /// <param name="lot">0 to 1, without 1.</param>
    public double At(double lot)
    {
        // Each whole number has the width of one, the upper end too.
        var high = IsWhole ? High + 1 : High;
        var drawn = IsLogarithmic ? DeterministicMath.Exp(DeterministicMath.Log(Low) + (lot * (DeterministicMath.Log(high) - DeterministicMath.Log(Low)))) : Low + (lot * (high - Low));
        drawn = IsWhole ? Math.Floor(drawn) : double.Parse(drawn.ToString(Digits, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Clamp(drawn, Low, High);
    }
}

/// <summary>Lots for random search (https://www.jmlr.org/papers/v13/bergstra12a.html): each follows from what it is drawn for, not from what was drawn before.</summary>
public static class Lots
{
    /// <summary>A number from 0 to 1, without 1: the same for a trial's option however many trials and options there are.</summary>
    public static double Of(int seed, int trial, string option)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{seed} {trial} {option}");
        return (BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> 11) * (1.0 / (1UL << 53));
    }
}
