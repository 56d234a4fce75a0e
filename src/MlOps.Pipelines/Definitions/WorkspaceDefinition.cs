using System.Text.RegularExpressions;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>A model as declared: its manifest, and where each part of it stands.</summary>
/// <param name="File">The manifest's path relative to the workspace.</param>
internal sealed record ModelDefinition(string Name, string File, ModelManifest Manifest, JsonTree Tree)
{
    /// <summary>The model's folder relative to the workspace.</summary>
    public string Folder => $"models/{Name}";

    public SplitSpec Split => (Manifest.Split ?? new HashSplit()).Spec(Manifest.Label);

    public LearningSpec Learning => new(
        Manifest.Task, Manifest.Label, Manifest.Positive, [.. Manifest.Features.Select(feature => new FeatureSpec(feature.Key, feature.Value))], Manifest.Trainer);

    public string At(params string[] path) => $"{File}:{Tree.LineOf(path)}";
}

/// <summary>All that a workspace declares, read and checked: <c>nuke.json</c> and every <c>models/NAME/model.json</c>.</summary>
internal sealed partial class WorkspaceDefinition
{
    public const string FileName = "nuke.json";

    private readonly JsonTree _tree;

    private WorkspaceDefinition(WorkspaceManifest manifest, JsonTree tree, IReadOnlyList<ModelDefinition> models) =>
        (Manifest, _tree, Models) = (manifest, tree, models);

    public WorkspaceManifest Manifest { get; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<ModelDefinition> Models { get; }

    public string At(params string[] path) => $"{FileName}:{_tree.LineOf(path)}";

    /// <summary>Reads and checks everything; throws all that is wrong at once.</summary>
    public static WorkspaceDefinition Load(string root)
    {
        var found = new List<Diagnostic>();
        var (manifest, tree) = StrictJson.Read(FileName, WorkspaceFiles.Read(root, FileName), ManifestJson.Default.WorkspaceManifest);
        var models = new List<ModelDefinition>();
        foreach (var name in WorkspaceFiles.ModelNames(root))
        {
            var file = $"models/{name}/model.json";
            try
            {
                var (model, modelTree) = StrictJson.Read(file, WorkspaceFiles.Read(root, file), ManifestJson.Default.ModelManifest);
                models.Add(new(name, file, model, modelTree));
            }
            catch (DiagnosticException failure)
            {
                found.AddRange(failure.Diagnostics);
            }
        }

        var workspace = new WorkspaceDefinition(manifest, tree, models);
        workspace.Check(found);
        foreach (var model in models)
        {
            new ModelCheck(workspace, model, found).All();
        }

        return found.Count == 0 ? workspace : throw new DiagnosticException(found);
    }

    /// <summary>Whether a word may name a model, a dataset, a step or an environment.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>Whether a word may name a model: <c>data/…</c> and <c>steps/…</c> are the names of other steps.</summary>
    public static bool IsModelName(string name) => IsName(name) && name is not ("data" or "steps");

    /// <summary>What is wrong with a path that must lie inside the workspace, or null.</summary>
    public static Diagnostic? Outside(string path, string where)
    {
        var inside = path.Length > 0 && !Path.IsPathRooted(path) && !path.Contains('\\', StringComparison.Ordinal)
            && !path.Split('/').Any(part => part is "" or "." or "..");
        return inside ? null : new("MLO2004", $"'{path}' is not a path inside the workspace")
        {
            Where = where,
            Why = "paths are relative, separated by '/', without '.' and '..'",
            Mend = "copy the file into the workspace and name it from there",
        };
    }

    private void Check(List<Diagnostic> found)
    {
        if (!IsName(Manifest.Name))
        {
            found.Add(BadName("workspace", Manifest.Name, At("name")));
        }

        foreach (var (name, data) in Manifest.Data)
        {
            var where = At("data", name, "path");
            found.AddRange(IsName(name) ? [] : [BadName("dataset", name, where)]);
            found.AddRange(Outside(data.Path, where) is { } outside ? [outside] : []);
        }

        CheckSteps(Manifest.Steps, name => At("steps", name), found);
        foreach (var (name, environment) in Manifest.Environments)
        {
            found.AddRange(IsName(name) ? [] : [BadName("environment", name, At("environments", name))]);
            if (environment.Port is < 1 or > 65535)
            {
                found.Add(new("MLO2005", $"port {environment.Port} is not a TCP port") { Where = At("environments", name, "port"), Mend = "choose one from 1024 to 65535" });
            }
        }
    }

    internal static void CheckSteps(Dictionary<string, RunStepManifest> steps, Func<string, string> at, List<Diagnostic> found)
    {
        foreach (var (name, step) in steps)
        {
            var where = at(name);
            found.AddRange(IsName(name) ? [] : [BadName("step", name, where)]);
            if (step.Run.Commands.Any(command => command.Count == 0 || command[0].Length == 0))
            {
                found.Add(new("MLO2006", $"step '{name}' runs nothing") { Where = where, Mend = "name a program in \"run\"" });
            }

            if (!step.Makes.Any())
            {
                found.Add(new("MLO2007", $"step '{name}' writes nothing") { Where = where, Why = "a step is known by its outputs", Mend = "name at least one file in \"writes\"" });
            }

            var directory = step.Directory is null ? [] : new[] { step.Directory };
            found.AddRange(step.Reads.Where(read => !read.StartsWith('@')).Concat(step.Makes).Concat(step.Toolchain?.Files ?? []).Concat(directory)
                .Select(path => Outside(path.TrimEnd('/'), where)).OfType<Diagnostic>());
            if (step.Retries is < 0 or > 10)
            {
                found.Add(new("MLO2060", $"step '{name}' has {step.Retries} retries") { Where = where, Why = "a program that fails more often is broken", Mend = "choose 0 to 10" });
            }

            if (step.Toolchain?.Image is { } image && !Digest.TryParse(image, out _))
            {
                found.Add(new("MLO2061", $"'{image}' is not the digest of an image") { Where = where, Why = "a tag may name another image tomorrow", Mend = "name it as \"sha256:…\" with 64 hex digits" });
            }

            if (step is { Frozen: true, Always: true })
            {
                found.Add(new("MLO2062", $"step '{name}' is frozen and always runs") { Where = where, Mend = "choose one of \"frozen\" and \"always\"" });
            }
        }
    }

    internal static Diagnostic BadName(string noun, string name, string where) => new("MLO2003", $"'{name}' cannot name a {noun}")
    {
        Where = where,
        Why = "names are lower-case letters, digits, '-' and '_', a letter or digit first, at most 64; a model is called neither data nor steps",
        Mend = "rename it",
    };

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,63}$")]
    private static partial Regex Name();
}
