namespace MlOps.Containers;

/// <summary>How much an archive or a layer from elsewhere may hold.</summary>
public sealed record LayoutLimits
{
    /// <summary>The most entries of a tar; default 200,000.</summary>
    public int Entries { get; init; } = 200_000;

    /// <summary>The most bytes of a tar once it is unpacked; default 16 GiB.</summary>
    public long Bytes { get; init; } = 16L << 30;

    /// <summary>How many times its compressed length a tar may have, if it has more than 64 MiB; default 50.</summary>
    public int Ratio { get; init; } = 50;

    /// <summary>The most bytes that some compressed bytes may become.</summary>
    internal long Unpacked(long compressed) => Math.Min(Bytes, Math.Max(64L << 20, compressed > Bytes / Ratio ? Bytes : compressed * Ratio));
}
