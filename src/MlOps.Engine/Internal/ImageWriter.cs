using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>Takes the image of a graph and the lock that its build left.</summary>
internal static class ImageWriter
{
    /// <summary>So many names are kept as a table may list.</summary>
    private const int MostNames = 64;

    /// <summary>The image; null for a graph of which a quick build could not say everything.</summary>
    public static byte[]? Image(string root, StepGraph graph, LockFile lockFile, RememberedPlace place, string tail)
    {
        // What is frozen shows another word in the table, and a pattern from the workspace's folder on may mean any file.
        if (graph.Steps.Any(step => step.Frozen || step.Inputs.Values.OfType<GlobInput>().Any(glob => FolderOf(glob).Length == 0)))
        {
            return null;
        }

        var layout = LockLayout.Of(lockFile.Bytes.Span);
        var consumers = GraphChecks.Consumers(graph.Producers);
        var forms = new StepForm?[graph.Steps.Count];
        var readers = new List<(string Path, int Step)>();
        for (var i = 0; i < forms.Length; i++)
        {
            var step = graph.Steps[i];
            forms[i] = layout.TryGetValue(step.Address.ToString(), out var own) ? StepForm.Of(step, [.. consumers[i]], own, ProducedAt) : null;
            readers.AddRange(step.Inputs.Values.OfType<FileInput>().Select(file => (file.Path.Value, i)));
        }

        // What is read as a whole, and what says more than a step reads from it.
        var files = readers.Select(reader => reader.Path).ToHashSet(StringComparer.Ordinal);
        string[] more =
        [
            .. files.Where(path => FileStat.Of(Path.Join(root, path)).Kind != FileKind.File),
            .. place.LookedAt.Where(files.Contains),
            .. graph.Steps.SelectMany(step => step.Inputs.Values.OfType<GlobInput>()).Select(FolderOf).Distinct(StringComparer.Ordinal),
            .. graph.Steps.SelectMany(step => step.Tools?.Files.Values ?? []).Select(file => file.Value).Distinct(StringComparer.Ordinal),
        ];
        string[] listed = [.. graph.Steps.Where(step => !step.OnDemand).Select(step => step.Name.Value)];
        return GraphImage.Write(place.Stamp, forms, readers, listed.Length <= MostNames ? listed : [], listed.Length, more, tail);

        static string FolderOf(GlobInput glob) => string.Join('/', new[] { glob.Folder, new GlobPattern(glob.Pattern).Fixed }.Where(part => part.Length > 0));

        int ProducedAt(Step step, OutputInput input) => layout[graph.Find(input.Step)!.Address.ToString()].Outputs[input.Output];
    }
}
