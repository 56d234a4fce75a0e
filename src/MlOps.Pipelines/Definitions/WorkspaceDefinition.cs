using System.Text.Json;
using System.Text.RegularExpressions;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Definitions;

/// <summary>All that a workspace declares, read and checked: <c>nuke.json</c> and every <c>models/NAME/model.json</c>.</summary>
internal sealed partial class WorkspaceDefinition
{
    public const string FileName = "nuke.json";

    private readonly DeclarationPlaces _places;

    private WorkspaceDefinition(string root, WorkspaceManifest manifest, DeclarationPlaces places, IReadOnlyList<ModelDefinition> models) =>
        (Root, Manifest, _places, Models) = (root, manifest, places, models);

    /// <summary>The folder of <c>nuke.json</c>.</summary>
    public string Root { get; }

    /// <summary>What <c>nuke.json</c> and the files that it includes say together, variables replaced and instances made.</summary>
    public WorkspaceManifest Manifest { get; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<ModelDefinition> Models { get; }

    public string At(params string[] path) => _places.Of(path);

    /// <summary>Reads and checks everything; throws all that is wrong at once.</summary>
    /// <param name="observe">Told each included file, and each folder where one was looked for, before it is read.</param>
    /// <param name="trial">Values in place of the models' declared ones.</param>
    /// <param name="json">How trainers are read; null knows those of Learning.</param>
    public static WorkspaceDefinition Load(string root, Action<string>? observe = null, Trial? trial = null, JsonSerializerOptions? json = null)
    {
        var found = new List<Diagnostic>();
        var reader = new DeclarationReader(root, observe ?? (_ => { }), found, trial, json);
        if (reader.Workspace() is not var (manifest, places))
        {
            throw new DiagnosticException([.. found.Distinct()]);
        }

        var models = WorkspaceFiles.ModelNames(root).SelectMany(reader.Model).ToList();
        models.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        var workspace = new WorkspaceDefinition(root, manifest, places, models);
        workspace.Check(found);
        foreach (var model in models)
        {
            new ModelCheck(workspace, model, found).All();
        }

        return found.Count == 0 ? workspace : throw new DiagnosticException([.. found.Distinct()]);
    }

    /// <summary>Whether a word may name a model, a dataset, a step or an environment.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>Whether a word may name a model: <c>data/…</c> and <c>steps/…</c> are the names of other steps.</summary>
    public static bool IsModelName(string name) => IsName(Declared(name)) && name is not ("data" or "steps");

    /// <summary>The name that was declared: an instance's without what tells it apart.</summary>
    public static string Declared(string name) => name.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? name[..at] : name;

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

        found.AddRange(Manifest.Registry is null ? [] : PackageName.Clashes(Models.Select(model => model.Name)).Select(clash => new Diagnostic("MLO2292", $"model '{clash.Model}' has no repository of its own in the registry")
        {
            Where = Models.First(model => model.Name == clash.Model).File,
            Why = clash.Other is null ? $"'{PackageName.RepositoryOf(clash.Model)}' cannot be one: letters and digits with one '.', one or two '_', or any number of '-' between"
                : $"model '{clash.Other}' has '{PackageName.RepositoryOf(clash.Model)}' as well: repositories have small letters, and nothing but letters and digits at their ends",
            Mend = $"rename one, or declare no \"registry\" in {FileName}",
        }));

        var written = Manifest.Steps.Values.SelectMany(step => step.Writes)
            .Concat(Models.SelectMany(model => model.Manifest.Steps.Values.SelectMany(step => step.Writes).Select(path => $"{model.Folder}/{path}"))).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, data) in Manifest.Data)
        {
            var where = At("data", name, "path");
            found.AddRange(IsName(name) ? [] : [BadName("dataset", name, where)]);
            found.AddRange(DatasetCheck.Of(data, path => At(["data", name, .. path]), written.Contains(data.Path)));
        }

        CheckBase(found);
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

    /// <summary>What images stand on stays the same until somebody names another.</summary>
    private void CheckBase(List<Diagnostic> found)
    {
        if (Manifest.Image?.Base is not { } named || named == BaseAction.Debian)
        {
            return;
        }

        var why = "a tag may name another image tomorrow";
        try
        {
            if (Reference.Parse(named) is { Digest: not null })
            {
                return;
            }
        }
        catch (DiagnosticException malformed)
        {
            why = malformed.Diagnostics[0].Why;
        }

        found.Add(new("MLO2291", "the base of images is not named by a digest")
        {
            Where = At("image", "base"),
            Why = why,
            Mend = $"name it as \"HOST/REPOSITORY@sha256:…\" with the digest that `skopeo inspect --format {{{{.Digest}}}} docker://HOST/REPOSITORY:TAG` prints, or take \"{BaseAction.Debian}\"",
        });
    }

    internal static void CheckSteps(Dictionary<string, RunStepManifest> steps, Func<string, string> at, List<Diagnostic> found)
    {
        foreach (var (name, step) in steps)
        {
            var where = at(name);
            found.AddRange(IsName(Declared(name)) ? [] : [BadName("step", name, where)]);
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
