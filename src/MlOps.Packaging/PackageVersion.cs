using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MlOps.Packaging;

/// <summary>A package's version, <c>1.2.0</c>: major when the signature breaks callers, minor when the model is another, patch when only its packaging is.</summary>
/// <remarks>https://semver.org, without pre-releases and build metadata: content that is the same has the same number.</remarks>
public readonly record struct PackageVersion(int Major, int Minor, int Patch) : IComparable<PackageVersion>
{
    /// <summary>What a model begins with.</summary>
    public static PackageVersion First => new(1, 0, 0);

    /// <summary>Reads a version.</summary>
    /// <exception cref="FormatException">The text is no version.</exception>
    public static PackageVersion Parse(string text) => TryParse(text, out var version) ? version : throw new FormatException($"'{text}' is no version, such as 1.2.0");

    /// <summary>Reads a version; false if the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PackageVersion version)
    {
        version = default;
        if (text?.Split('.') is not [var major, var minor, var patch] || Number(major) is not { } first || Number(minor) is not { } second || Number(patch) is not { } third)
        {
            return false;
        }

        version = new(first, second, third);
        return true;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && (text.Length == 1 || text[0] != '0') ? number : null;

    /// <inheritdoc/>
    public int CompareTo(PackageVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>The text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    /// <summary>Whether one comes before the other.</summary>
    public static bool operator <(PackageVersion left, PackageVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether one comes after the other.</summary>
    public static bool operator >(PackageVersion left, PackageVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether one does not come after the other.</summary>
    public static bool operator <=(PackageVersion left, PackageVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one does not come before the other.</summary>
    public static bool operator >=(PackageVersion left, PackageVersion right) => left.CompareTo(right) >= 0;
}
