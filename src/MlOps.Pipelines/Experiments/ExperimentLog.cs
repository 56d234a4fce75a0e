using MlOps.Content;

namespace MlOps.Pipelines.Experiments;

/// <summary>The results that this machine has seen, one file each in <c>.mlops/store/experiments/MODEL</c>.</summary>
/// <remarks>Idempotent: the same result is noted once, and the file's time says when. A file that cannot be read counts as absent.</remarks>
/// <param name="store">The store beside whose objects they stand.</param>
internal sealed class ExperimentLog(ContentStore store)
{
    /// <summary>Notes a result; gives up silently where it may not write, because the build itself is done.</summary>
    public void Note(Experiment experiment)
    {
        var path = PathOf(experiment);
        try
        {
            if (!File.Exists(path))
            {
                AtomicFile.Write(path, System.Text.Encoding.UTF8.GetBytes(CanonicalJson.Indented(experiment.Json())));
            }
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
        }
    }

    /// <summary>A model's results, in the order in which this machine saw them.</summary>
    public IReadOnlyList<Experiment> Of(string model)
    {
        var folder = new DirectoryInfo(Path.Join(store.Root, "experiments", model));
        return !folder.Exists ? [] :
        [
            .. folder.EnumerateFiles("*.json").Select(Read).OfType<Experiment>()
                .OrderBy(experiment => experiment.Seen).ThenBy(experiment => experiment.Identity),
        ];
    }

    private static Experiment? Read(FileInfo file) =>
        Experiment.TryParse(File.ReadAllBytes(file.FullName)) is { } read && file.Name == $"{read.Identity.Hex}.json" ? read with { Seen = file.LastWriteTimeUtc } : null;

    private string PathOf(Experiment experiment) => Path.Join(store.Root, "experiments", experiment.Model, $"{experiment.Identity.Hex}.json");
}
