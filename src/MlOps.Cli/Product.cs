namespace MlOps.Cli;

/// <summary>Where this product's own sources are: what Compile and Test work on.</summary>
internal static class Product
{
    /// <summary>The repository's root: <c>build.sh</c> says it in MLOPS_HOME; else two folders above the host.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable("MLOPS_HOME") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
}
