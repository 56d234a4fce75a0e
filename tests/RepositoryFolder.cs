namespace MlOps.Tests;

/// <summary>The repository that the running tests were built from.</summary>
internal static class RepositoryFolder
{
    /// <summary>The nearest folder above the test assembly that holds MlOps.sln.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "MlOps.sln"))
            ? Path.TrimEndingDirectorySeparator(folder)
            : Find(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? throw new DirectoryNotFoundException("no MlOps.sln above the tests"));
}
