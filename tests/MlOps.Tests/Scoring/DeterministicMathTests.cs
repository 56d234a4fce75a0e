using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class DeterministicMathTests
{
    [Fact]
    public void Exp_is_within_one_unit_in_the_last_place() =>
        AssertWithin(1, Between(-60, 700).Concat(Between(-1, 1)).Concat(Between(-1e-9, 1e-9)), DeterministicMath.Exp, ExactMath.ExpError);

    [Fact]
    public void Log_is_within_one_unit_in_the_last_place() =>
        AssertWithin(1, Between(1e-12, 1e12).Concat(Between(0.5, 2)).Concat(Between(0.9999, 1.0001)).Concat(Between(1e300, 1e308)), DeterministicMath.Log, ExactMath.LogError);

    [Fact]
    public void Log1p_is_within_two_units_in_the_last_place() =>
        AssertWithin(2, Between(-0.999, 3).Concat(Between(-1e-9, 1e-9)).Concat(Between(-0.3, 0.5)).Concat(Between(1, 1e15)), DeterministicMath.Log1p, ExactMath.Log1pError);

    [Fact]
    public void Sigmoid_is_within_two_units_in_the_last_place() =>
        AssertWithin(2, Between(-60, 60).Concat(Between(-1, 1)), DeterministicMath.Sigmoid, ExactMath.SigmoidError);

    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(0.0, 1)]
    [InlineData(710, double.PositiveInfinity)]
    [InlineData(709.782712893384, 1.7976931348622732E+308)]
    [InlineData(-745.13, 4.94065645841247E-324)]
    [InlineData(-746, 0)]
    [InlineData(double.MaxValue, double.PositiveInfinity)]
    [InlineData(double.MinValue, 0)]
    public void Exp_has_the_standards_special_values(double x, double expected) => Assert.Equal(expected, DeterministicMath.Exp(x));

    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, double.NaN)]
    [InlineData(-1, double.NaN)]
    [InlineData(0.0, double.NegativeInfinity)]
    [InlineData(1, 0)]
    [InlineData(double.Epsilon, -744.4400719213812)]
    [InlineData(2.2250738585072014E-308, -708.3964185322641)]
    public void Log_has_the_standards_special_values(double x, double expected) => Assert.Equal(expected, DeterministicMath.Log(x));

    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(-1, double.NegativeInfinity)]
    [InlineData(-1.5, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(1e-300, 1e-300)]
    [InlineData(double.Epsilon, double.Epsilon)]
    public void Log1p_has_the_standards_special_values(double x, double expected) => Assert.Equal(expected, DeterministicMath.Log1p(x));

    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(0.0, 0.5)]
    [InlineData(-800, 0)]
    [InlineData(40, 1)]
    public void Sigmoid_has_the_limits_that_it_should(double x, double expected) => Assert.Equal(expected, DeterministicMath.Sigmoid(x));

    [Fact]
    public void Subnormal_results_of_exp_are_rounded_once()
    {
        foreach (var x in Between(-745, -708))
        {
            Assert.True(Math.Abs(DeterministicMath.Exp(x) - Math.Exp(x)) <= Math.Max(double.Epsilon, Math.BitIncrement(Math.Exp(x)) - Math.Exp(x)), $"{x:R}");
        }
    }

    [Fact]
    public void Greater_arguments_never_give_smaller_values()
    {
        AssertMonotone(DeterministicMath.Exp, Between(-700, 700));
        AssertMonotone(DeterministicMath.Log, Between(1e-10, 1e10));
        AssertMonotone(DeterministicMath.Log1p, Between(-0.9, 10));
        AssertMonotone(DeterministicMath.Sigmoid, Between(-40, 40));
    }

    [Fact]
    public void Spans_give_the_bits_of_single_values()
    {
        double[] x = [.. Between(-800, 800), double.NaN, double.PositiveInfinity, 0, -0.0, double.NegativeInfinity, .. Between(-30, 30), 1, 2, 3];
        var (exps, sigmoids) = (new double[x.Length], (double[])x.Clone());
        DeterministicMath.Exp(x, exps);
        DeterministicMath.Sigmoid(sigmoids, sigmoids);
        for (var i = 0; i < x.Length; i++)
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(DeterministicMath.Exp(x[i])), BitConverter.DoubleToInt64Bits(exps[i]));
            Assert.Equal(BitConverter.DoubleToInt64Bits(DeterministicMath.Sigmoid(x[i])), BitConverter.DoubleToInt64Bits(sigmoids[i]));
        }
    }

    [Fact]
    public void The_bits_are_those_of_every_other_machine()
    {
        var hash = 14695981039346656037UL;
        foreach (var x in Between(-700, 700).Concat(Between(0.001, 9)))
        {
            foreach (var y in (double[])[DeterministicMath.Exp(x), DeterministicMath.Log(Math.Abs(x)), DeterministicMath.Log1p(Math.Abs(x)), DeterministicMath.Sigmoid(x)])
            {
                hash = (hash ^ BitConverter.DoubleToUInt64Bits(y)) * 1099511628211;
            }
        }

        Assert.Equal(6885634867414477699UL, hash);
    }

    private static double[] Between(double low, double high)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, 2000).Select(_ => low + ((high - low) * random.NextDouble()))];
    }

    private static void AssertWithin(double ulps, IEnumerable<double> arguments, Func<double, double> function, Func<double, double, double> error)
    {
        var worst = arguments.MaxBy(x => error(x, function(x)));
        Assert.True(error(worst, function(worst)) <= ulps, $"{error(worst, function(worst))} ulp at {worst:R}");
    }

    private static void AssertMonotone(Func<double, double> function, IEnumerable<double> arguments)
    {
        foreach (var x in arguments)
        {
            var next = x;
            for (var i = 0; i < 4; i++)
            {
                next = Math.BitIncrement(next);
            }

            Assert.True(function(next) >= function(x), $"{function.Method.Name} falls after {x:R}");
        }
    }
}
