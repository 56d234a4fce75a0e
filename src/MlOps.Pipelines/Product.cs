namespace MlOps.Pipelines;

/// <summary>Where this product itself is: what Compile and Test work on, and what the scripts of a new workspace call.</summary>
public static class Product
{
    /// <summary>The repository's root: <c>build.sh</c> says it in MLOPS_HOME; else three folders above the host (<c>.artifacts/hosts/N</c>).</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable("MLOPS_HOME") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
}
