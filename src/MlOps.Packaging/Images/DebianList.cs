namespace MlOps.Packaging.Images;

/// <summary>The list of packages that the product carries; <c>build/debian-base.sh</c> makes a newer one.</summary>
public static class DebianList
{
    /// <summary>Debian 12, as far as the service needs it.</summary>
    public static DebianBase Default { get; } = OfProduct();

    private static DebianBase OfProduct()
    {
        using var stream = typeof(DebianList).Assembly.GetManifestResourceStream("debian-12.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return DebianBase.Parse(bytes);
    }
}
