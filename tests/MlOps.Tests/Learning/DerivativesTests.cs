using MlOps.Learning.Internal.Trees;

namespace MlOps.Tests.Learning;

public class DerivativesTests
{
    [Theory]
    [InlineData(1_000)]
    [InlineData(10_000_000)]
    public unsafe void Sums_over_every_row_fit_their_fields(int rows)
    {
        using var derivatives = new Derivatives(rows);
        Assert.True(derivatives.Scale(rows, 0.25 * rows));
        derivatives.Set(0, [1, -1], [0.25, 0.25]);
        var (first, second) = ((Int128)derivatives.Words[0] * rows, (Int128)derivatives.Words[1] * rows);
        Assert.InRange(first, 0, long.MaxValue);
        Assert.InRange(second, 0, long.MaxValue);
        Assert.Equal(0.25 * rows, (double)(second >> derivatives.CountBits) * derivatives.SecondUnit, 0.25 * rows * 1e-3);
        Assert.Equal(-rows, (double)derivatives.Words[2] * rows * derivatives.FirstUnit, 1e-6 * rows);
    }

    /// <summary>Beside a huge one it may be less than a unit: the Newton step of such rows alone would divide by nothing.</summary>
    [Fact]
    public unsafe void A_second_derivative_however_small_is_not_nothing()
    {
        using var derivatives = new Derivatives(10_000_000);
        derivatives.Scale(1e7, 1e9);
        derivatives.Set(0, [1e-6], [1e-6]);
        Assert.Equal(1, derivatives.Words[1] >> derivatives.CountBits);
    }
}
