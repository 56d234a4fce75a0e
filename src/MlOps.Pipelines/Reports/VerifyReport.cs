using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Pipelines.Reports;

/// <summary>What an audit found in a remote.</summary>
/// <param name="Address">The remote.</param>
/// <param name="Records">How many of the lock's steps it has a record of.</param>
/// <param name="OfRecords">How many steps the lock has.</param>
/// <param name="Objects">How many of the objects that the lock or a record names it has.</param>
/// <param name="OfObjects">How many they are.</param>
/// <param name="Faults">What is wrong.</param>
internal sealed record RemoteFinding(string Address, int Records, int OfRecords, int Objects, int OfObjects, IReadOnlyList<string> Faults)
{
    /// <summary>Why it could not be asked to the end.</summary>
    public Diagnostic? Failure { get; init; }
}

/// <summary>What <c>Verify</c> found, as tables and as JSON.</summary>
/// <param name="root">The store's folder, left out of the paths.</param>
/// <param name="files">All that lies in it.</param>
/// <param name="faults">What is wrong.</param>
/// <param name="missing">Outputs of the lock that the store does not have.</param>
/// <param name="remotes">The remotes that were asked.</param>
/// <param name="setAside">Whether what is wrong was moved to <c>damaged</c>.</param>
internal sealed class VerifyReport(string root, IReadOnlyList<StoredFile> files, IReadOnlyList<StoreFault> faults, IReadOnlyList<string> missing, IReadOnlyList<RemoteFinding> remotes, bool setAside)
{
    private const int MostLines = 40;

    public bool IsWell => faults.Count == 0 && missing.Count == 0 && remotes.All(remote => remote.Faults.Count == 0 && remote.Failure is null);

    public string Text()
    {
        var table = new TextTable("kind", "files", "size", "wrong");
        foreach (var kind in files.GroupBy(file => file.Kind).OrderBy(kind => kind.Key))
        {
            table.Add(kind.Key.ToString().ToLowerInvariant(), Count(kind.Count()), GcReport.Size(kind.Sum(file => file.Bytes)), Count(faults.Count(fault => fault.File.Kind == kind.Key)));
        }

        var parts = new List<string> { files.Count == 0 ? "the store is empty" : table.ToString() };
        if (remotes.Count > 0)
        {
            var asked = new TextTable("remote", "records", "of", "objects", "of", "wrong");
            foreach (var remote in remotes)
            {
                asked.Add(remote.Address, Count(remote.Records), Count(remote.OfRecords), Count(remote.Objects), Count(remote.OfObjects), Count(remote.Faults.Count));
            }

            parts.Add(asked.ToString());
        }

        parts.AddRange(List(setAside ? "wrong, and set aside" : "wrong", faults.Select(Line)));
        parts.AddRange(List("named by the lock, but not in the store (./build.sh Train brings them)", missing));
        parts.AddRange(List("wrong in remotes (what was not stored again: remove it there, then ./build.sh Push)", remotes.SelectMany(remote => remote.Faults.Select(fault => $"{remote.Address}: {fault}"))));
        parts.AddRange(List("not asked to the end", remotes.Where(remote => remote.Failure is not null).Select(remote => $"{remote.Address}: {remote.Failure!.What}")));
        parts.AddRange(List("nothing of this product's", files.Where(file => file.Kind == StoredKind.Stray).Select(file => Short(file.Path))));
        parts.Add(IsWell ? "nothing is wrong" : "something is wrong");
        return string.Join("\n\n", parts);
    }

    public JsonObject Json() => new()
    {
        ["ok"] = IsWell,
        ["files"] = new JsonObject(files.GroupBy(file => file.Kind).OrderBy(kind => kind.Key)
            .Select(kind => KeyValuePair.Create(kind.Key.ToString().ToLowerInvariant(), (JsonNode?)new JsonObject { ["count"] = kind.Count(), ["bytes"] = kind.Sum(file => file.Bytes) }))),
        ["wrong"] = Array(faults.Select(Line)),
        ["missing"] = Array(missing),
        ["stray"] = Array(files.Where(file => file.Kind == StoredKind.Stray).Select(file => Short(file.Path))),
        ["remotes"] = new JsonArray([.. remotes.Select(remote => (JsonNode)new JsonObject
        {
            ["remote"] = remote.Address,
            ["records"] = remote.Records,
            ["ofRecords"] = remote.OfRecords,
            ["objects"] = remote.Objects,
            ["ofObjects"] = remote.OfObjects,
            ["wrong"] = Array(remote.Faults),
            ["failure"] = remote.Failure?.What,
        })]),
    };

    private string Line(StoreFault fault) => $"{Short(fault.File.Path)}: {fault.What}";

    private string Short(string path) => Path.GetRelativePath(root, path);

    private static IEnumerable<string> List(string head, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        return all.Count == 0 ? [] : [$"{head}:\n  {string.Join("\n  ", all.Take(MostLines))}{(all.Count > MostLines ? $"\n  and {all.Count - MostLines} more" : "")}"];
    }

    private static JsonArray Array(IEnumerable<string> lines) => new([.. lines.Select(line => (JsonNode)line)]);

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
