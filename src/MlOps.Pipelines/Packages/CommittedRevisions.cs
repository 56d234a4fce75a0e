namespace MlOps.Pipelines.Packages;

/// <summary>The commits whose locks number packages: HEAD, and during a merge those that are merged.</summary>
internal static class CommittedRevisions
{
    /// <summary>In the order in which their numbers count where two have given one: first what the protected branch has, whichever side of the merge that is, because it is that which was published.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="merging">The commits that are being merged into HEAD.</param>
    public static IReadOnlyList<string> Of(string root, IReadOnlyList<string> merging)
    {
        if (merging.Count == 0)
        {
            return ["HEAD"];
        }

        var git = new GitFacts(root);
        return [.. merging.Prepend("HEAD").OrderBy(commit => git.IsReviewed(commit) ? 0 : 1)];
    }
}
