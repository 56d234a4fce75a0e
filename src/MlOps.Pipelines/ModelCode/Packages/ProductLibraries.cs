using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>The product's libraries that models' code is written against: the host's own, whatever package of them is declared for editors.</summary>
internal static class ProductLibraries
{
    /// <summary>The assemblies.</summary>
    public static readonly IReadOnlyList<string> Files = [.. new[] { typeof(Digest), typeof(Frame), typeof(Scorer), typeof(Learner) }.Select(type => type.Assembly.Location)];

    /// <summary>Whether an assembly, or the package of the same name, is one of them.</summary>
    public static bool Has(string name) => Files.Any(file => Path.GetFileNameWithoutExtension(file).Equals(name, StringComparison.OrdinalIgnoreCase));
}
