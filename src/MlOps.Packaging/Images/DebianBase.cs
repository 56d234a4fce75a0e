using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging.Images.Internal;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging.Images;

/// <summary>The default base of images: a few packages of Debian 12 for amd64, named one by one in a list that the product carries. No shell, no package manager, no daemon.</summary>
public sealed record DebianBase
{
    /// <summary>Raised when the same packages make another layer.</summary>
    internal const string Format = "debian base 1\n";

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>In the order of their names.</summary>
    public required IReadOnlyList<DebianPackage> Packages { get; init; }

    /// <summary>Which packages they are, and how they become a layer.</summary>
    public Digest Digest => Digest.Of(Packages.Aggregate(Format, (text, package) => $"{text}{package.Name} {package.Version} {package.Digest}\n"));

    /// <summary>Reads a list.</summary>
    /// <exception cref="DiagnosticException">MLO7232: it is none.</exception>
    public static DebianBase Parse(ReadOnlySpan<byte> utf8) =>
        BoundedJson.TryRead(utf8, ImagesJson.Default.DebianBase, out var list, out var why) && (why = list.Problem()) is null ? list
        : throw new DiagnosticException(new Diagnostic("MLO7232", "the list of the base's packages cannot be used") { Why = why, Mend = "write it anew on Debian 12: build/debian-base.sh" });

    /// <summary>Unpacks the packages into one layer: what a runtime needs of them, their licences, and what tells scanners their names and versions.</summary>
    /// <param name="open">A package's bytes; they are held against its digest.</param>
    /// <param name="destination">Where the compressed layer goes.</param>
    /// <param name="cancellationToken">Ends it; what was written is of no use then.</param>
    /// <exception cref="DiagnosticException">MLO7233: a package is damaged, or would write outside. MLO7234: the program that unpacks it is missing.</exception>
    public async Task<BaseImage> WriteAsync(Func<DebianPackage, CancellationToken, Task<Stream>> open, Stream destination, CancellationToken cancellationToken)
    {
        var root = new DebianRoot();
        foreach (var package in Packages)
        {
            await root.AddAsync(package, await DebArchive.ReadAsync(package, await BytesAsync(package, open, cancellationToken), cancellationToken), cancellationToken);
        }

        return new() { Name = Name, Digest = Digest, Layers = [Layer.Write(root.Entries(), destination)] };
    }

    private static async Task<byte[]> BytesAsync(DebianPackage package, Func<DebianPackage, CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        await using var stream = await open(package, cancellationToken);
        var bytes = new byte[package.Size];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length == bytes.Length && stream.ReadByte() < 0 && Digest.Of(bytes) == package.Digest ? bytes
            : throw DebArchive.Refused(package, $"its bytes are not {package.Digest} of {package.Size} bytes");
    }

    private string? Problem() => Packages.Count == 0 ? "it names none"
        : Packages.Zip(Packages.Skip(1)).FirstOrDefault(pair => string.CompareOrdinal(pair.First.Name, pair.Second.Name) >= 0) is { First: { } first } ? $"'{first.Name}' does not stand before the next one by name"
        : Packages.FirstOrDefault(package => package.Size is <= 0 or > DebArchive.MaximumBytes) is { } sized ? $"the size of '{sized.Name}' cannot be"
        : Packages.FirstOrDefault(package => package.Path.Split('/').Any(name => name is "" or "." or "..") || package.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))) is { } placed ? $"name or path of '{placed.Name}' cannot be"
        : null;
}
