namespace MlOps.Tests.Learning;

/// <summary>Equality within an absolute tolerance.</summary>
internal sealed class Near(float tolerance) : IEqualityComparer<float>
{
    public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

    public int GetHashCode(float obj) => 0;
}
