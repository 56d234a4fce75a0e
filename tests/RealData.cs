namespace MlOps.Tests;

/// <summary>The public data sets that tests train on and that are no part of the repository.</summary>
internal static class RealData
{
    /// <summary>How the reason begins of a test that is skipped without them; CI lets no other reason pass.</summary>
    public const string Absent = "real data absent: ";

    /// <summary>Their folder: <c>MLOPS_REAL_DATA</c>, or <c>../shared/data</c> beside the repository; it may not exist.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("MLOPS_REAL_DATA") is { Length: > 0 } folder ? folder : Path.GetFullPath(Path.Combine(RepositoryFolder.Root, "..", "shared", "data"));

    /// <summary>A file of the standards' descriptions, which lie beside the data, or the skip of the running test with the reason shown.</summary>
    public static string RequireSpecification(string name)
    {
        var file = Path.GetFullPath(Path.Combine(Folder, "..", "spec", name));
        Skip.IfNot(Path.Exists(file), $"{Absent}../spec/{name} is not beside MLOPS_REAL_DATA (default ../shared/data)");
        return file;
    }

    /// <summary>A data set's folder, or the skip of the running test with the reason shown.</summary>
    public static string Require(string name)
    {
        var folder = Path.Combine(Folder, name);
        Skip.IfNot(Directory.Exists(folder), $"{Absent}{name} is not in MLOPS_REAL_DATA (default ../shared/data)");
        return folder;
    }
}
