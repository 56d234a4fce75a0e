using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MlOps.Data;

namespace MlOps.Tests.Learning;

/// <summary>A public data set with a column <c>fold</c> (train, test) by the recipe <c>hash_80_20</c> of REFERENCE.json.</summary>
internal static class RealData
{
    public static string Folder { get; } = Environment.GetEnvironmentVariable("MLOPS_REAL_DATA") ?? Path.Combine(RepositoryRoot(), "..", "shared", "data");

    public static (Frame Train, Frame Test) Read(string name)
    {
        var reference = Path.Combine(Folder, "REFERENCE.json");
        Skip.IfNot(File.Exists(reference), MlOps.Tests.RealData.Absent + "MLOPS_REAL_DATA names no folder that holds REFERENCE.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(reference));
        var expected = json.RootElement.GetProperty("datasets").GetProperty(name).GetProperty("test_split_sha256").GetString();

        var lines = File.ReadAllText(Path.Combine(Folder, name, name + ".csv")).TrimEnd('\n').Split('\n');
        var rows = lines.Skip(1).Select((line, row) => (Hash: Hash(line), row)).OrderBy(l => l.Hash, StringComparer.Ordinal).ThenBy(l => l.row).ToList();
        var test = rows.Skip((int)(0.8 * rows.Count)).ToList();
        Assert.Equal(expected, Hash(string.Join('\n', test.Select(t => t.Hash))));

        var isTest = new HashSet<int>(test.Select(t => t.row));
        var folded = lines.Select((line, i) => line + (i == 0 ? ",fold" : isTest.Contains(i - 1) ? ",test" : ",train"));
        var frame = CsvReader.Read(Encoding.UTF8.GetBytes(string.Join('\n', folded) + "\n"));
        var fold = MlOps.Learning.Split.Assign(frame, new(MlOps.Learning.SplitBy.Column, "fold", Value: "test"));
        return (frame.Select(Rows(fold, false)), frame.Select(Rows(fold, true)));
    }

    public static int[] Rows(bool[] isTest, bool wanted) => [.. Enumerable.Range(0, isTest.Length).Where(r => isTest[r] == wanted)];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MlOps.sln")) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        return folder;
    }
}
