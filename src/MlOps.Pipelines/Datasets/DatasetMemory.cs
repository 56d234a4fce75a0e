using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Remotes;

namespace MlOps.Pipelines.Datasets;

/// <summary>What a source gave when it was last asked.</summary>
/// <param name="Address">The address.</param>
/// <param name="Validators">By which it knows it again.</param>
/// <param name="Content">What it became.</param>
internal sealed record SourceMemory(string Address, HttpValidators Validators, Digest Content);

/// <summary>What this machine last did with a dataset.</summary>
/// <param name="Path">Where it lay.</param>
/// <param name="Content">What was pinned or restored there; by it a moved lock is told from an edited file.</param>
/// <param name="Kept">Whether the store was given the bytes.</param>
/// <param name="Source">What its source gave.</param>
/// <param name="Bringing">Whether its files are being replaced: if a kill ended that, what lies there is nobody's edit.</param>
internal sealed record DatasetEntry(string Path, Digest? Content, bool Kept, SourceMemory? Source, bool Bringing = false);

/// <summary>The memory of this machine about its datasets, in <c>.mlops/datasets.json</c>: never in git.</summary>
/// <remarks>Where it is lost or cannot be written, nothing else is: then a file that differs from the lock counts as edited.</remarks>
internal sealed class DatasetMemory(string file)
{
    private readonly Lock _gate = new();
    private JsonObject? _all;

    public DatasetEntry? Find(Dataset dataset)
    {
        lock (_gate)
        {
            try
            {
                return (_all ??= Load())[dataset.Name] is JsonObject entry && (string?)entry["path"] == dataset.Path.Value
                    ? new(dataset.Path.Value, Read(entry["content"]), (bool?)entry["kept"] ?? false, Source(entry["source"]), (bool?)entry["bringing"] ?? false)
                    : null;
            }
            catch (InvalidOperationException)
            {
                // Another type than ours: somebody else wrote it.
                return null;
            }
        }
    }

    public void Remember(Dataset dataset, Func<DatasetEntry, DatasetEntry> change)
    {
        var before = Find(dataset) ?? new(dataset.Path.Value, null, false, null);
        var after = change(before);
        if (after == before)
        {
            return;
        }

        lock (_gate)
        {
            // Another command may have written meanwhile, about other datasets.
            _all = Load();
            _all[dataset.Name] = new JsonObject
            {
                ["bringing"] = after.Bringing,
                ["content"] = after.Content?.ToString(),
                ["kept"] = after.Kept,
                ["path"] = after.Path,
                ["source"] = after.Source is not { } source ? null : new JsonObject
                {
                    ["address"] = source.Address,
                    ["content"] = source.Content.ToString(),
                    ["etag"] = source.Validators.ETag,
                    ["lastModified"] = source.Validators.LastModified,
                },
            };
            try
            {
                AtomicFile.Write(file, Encoding.UTF8.GetBytes(CanonicalJson.Compact(_all) + "\n"));
            }
            catch (Exception e) when (IoFailure.Covers(e))
            {
            }
        }
    }

    private JsonObject Load()
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file)) as JsonObject ?? [];
        }
        catch (Exception e) when (e is JsonException || IoFailure.Covers(e))
        {
            return [];
        }
    }

    private static SourceMemory? Source(JsonNode? source) => source is JsonObject known && Read(known["content"]) is { } content && (string?)known["address"] is { } address
        ? new(address, new((string?)known["etag"], (string?)known["lastModified"]), content) : null;

    private static Digest? Read(JsonNode? digest) => Digest.TryParse((string?)digest, out var parsed) ? parsed : null;
}
