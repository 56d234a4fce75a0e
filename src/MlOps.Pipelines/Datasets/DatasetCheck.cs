using MlOps.Content;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Datasets;

/// <summary>What can be wrong with a dataset's declaration without looking at its data.</summary>
internal static class DatasetCheck
{
    /// <param name="dataset">As declared.</param>
    /// <param name="at">The line of one of its members.</param>
    /// <param name="written">Whether a step writes its file.</param>
    public static IEnumerable<Diagnostic> Of(DatasetManifest dataset, Func<string[], string> at, bool written)
    {
        var path = dataset.Path is [.., '/'] && !dataset.IsTable ? dataset.Path[..^1] : dataset.Path;
        if (WorkspaceDefinition.Outside(path, at(["path"])) is { } outside)
        {
            yield return outside;
        }
        else if (path.Split('/')[0] is ".mlops" or ".git")
        {
            yield return new("MLO2082", "a dataset lies where only tools write") { Where = at(["path"]), Why = $"'{path}'", Mend = "choose another folder" };
        }

        if (dataset.Contract is not null && !dataset.IsTable)
        {
            yield return new("MLO2085", "only tables have contracts") { Where = at(["contract"]), Why = "the dataset's format is files", Mend = "set \"format\": \"csv\", or remove 'contract'" };
        }

        if (dataset.Source is not { } source)
        {
            yield break;
        }

        if (!Uri.TryCreate(source.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            yield return new("MLO2083", "a source is no plain address of http or https")
            {
                Where = at(["source"]),
                Why = address?.UserInfo.Length > 0 ? "it holds credentials, and git would keep them for ever" : "'https://HOST/PATH' is expected",
                Mend = address?.UserInfo.Length > 0 ? "move them to ~/.netrc: machine HOST login NAME password SECRET" : "mend it",
            };
        }

        if (source.Sha256 is { } digest && (!Digest.TryParse(digest, out _) || digest.Length != 64))
        {
            yield return new("MLO2084", "a sha256 is not 64 lower-case hex digits") { Where = at(["source", "sha256"]), Mend = "take it from the publisher, or from: sha256sum FILE" };
        }

        if (written || Contradiction(dataset, source) is not null)
        {
            yield return new("MLO2086", "a dataset's declaration contradicts itself")
            {
                Where = at(["source"]),
                Why = written ? "a step writes its file, and it has a source" : Contradiction(dataset, source),
                Mend = "decide for one of them",
            };
        }
    }

    private static string? Contradiction(DatasetManifest dataset, SourceManifest source) =>
        source.Member is not null && source.Unpack == false ? "a member is named, but nothing is to be unpacked"
        : dataset.IsTable && Dataset.UnpackingOf(dataset) == Unpacking.All ? "a zip file without 'member' becomes a directory, and a table is one file"
        : source.UnpackedBytes < 0 ? "'unpackedBytes' is negative" : null;
}
