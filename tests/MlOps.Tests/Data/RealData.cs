using MlOps.Data;

namespace MlOps.Tests.Data;

/// <summary>The public data sets that tests read where the machine has them.</summary>
internal static class RealData
{
    private static readonly string Root = Environment.GetEnvironmentVariable("MLOPS_REAL_DATA") ?? Path.Combine(RepositoryRoot(), "..", "shared", "data");

    internal static Frame Read(string name)
    {
        var path = Path.Combine(Root, name, name + ".csv");
        Skip.IfNot(File.Exists(path), $"{MlOps.Tests.RealData.Absent}{name} is not in MLOPS_REAL_DATA");
        return CsvReader.ReadFile(path);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MlOps.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? AppContext.BaseDirectory;
    }
}
