using System.Text.Json.Nodes;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>What a build can make again at no loss. The store is not among it: it may hold the only copy of a large dataset.</summary>
    private static readonly string[] Computed = [".mlops/sandbox", ".mlops/out", ".mlops/logs", ".mlops/index", ".mlops/mirror", ".mlops/code", ".mlops/packages", ".mlops/editors", ".artifacts/bin", ".artifacts/obj", ".artifacts/tests"];

    /// <summary>Removes sandboxes, checked-out outputs, indices and build results; keeps the store, the lock and what runs.</summary>
    public Outcome Clean(bool dryRun)
    {
        var removed = new List<string>();
        foreach (var path in Computed)
        {
            var full = Path.Combine(Root, path);
            if (Directory.Exists(full) || File.Exists(full))
            {
                removed.Add(path);
                if (!dryRun)
                {
                    Remove(full);
                }
            }
        }

        var text = removed.Count == 0 ? "nothing to remove" : $"{(dryRun ? "would remove" : "removed")} {string.Join(", ", removed)}; the store is kept";
        return new(ExitCode.Done, text, new JsonObject { ["removed"] = new JsonArray([.. removed.Select(path => (JsonNode)path)]) });
    }

    private static void Remove(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
        else
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
