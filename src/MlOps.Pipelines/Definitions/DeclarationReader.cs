using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Definitions.Expansion;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Definitions;

/// <summary>Reads the declaring files of a workspace: parsed, expanded, bound to their records, merged.</summary>
/// <param name="observe">Told each included file and each folder where one was looked for, before it is read.</param>
/// <param name="found">Gets all that is wrong.</param>
/// <param name="trial">Values in place of the models' declared ones.</param>
/// <param name="json">How trainers are read; null knows those of Learning.</param>
internal sealed class DeclarationReader(string root, Action<string> observe, List<Diagnostic> found, Trial? trial = null, JsonSerializerOptions? json = null)
{
    private readonly JsonSerializerOptions _json = json ?? ManifestJson.Default.Options;
    private Scope _variables = Scope.Empty;

    /// <summary>What <c>nuke.json</c> and the files that it includes declare together; null if nothing can be made of <c>nuke.json</c>.</summary>
    public (WorkspaceManifest Manifest, DeclarationPlaces Places)? Workspace()
    {
        if (Parse(WorkspaceDefinition.FileName) is not { } own)
        {
            return null;
        }

        var sources = new List<Source> { own };
        foreach (var file in new Includes(root, observe, found).Of(own.Tree))
        {
            sources.AddRange(Parse(file) is { } included ? [included] : []);
        }

        _variables = Variables.Of(Scope.Empty, sources.Select(source => (source.File, source.Tree)), found);
        if (Bind(own, ManifestJson.Default.WorkspaceManifest) is not var (manifest, tree))
        {
            return null;
        }

        var trees = new List<(string File, JsonTree Tree)> { (own.File, tree) };
        var places = new DeclarationPlaces(trees);
        foreach (var source in sources[1..])
        {
            if (Bind(source, ManifestJson.Default.IncludeManifest) is var (included, includedTree))
            {
                trees.Add((source.File, includedTree));
                Merge(manifest.Data, included.Data, "data", "dataset", places, trees);
                Merge(manifest.Steps, included.Steps, "steps", "step", places, trees);
            }
        }

        return (manifest, places);
    }

    /// <summary>The models that a folder declares: one, or as many as its <c>foreach</c> or <c>matrix</c> makes; none if something is wrong.</summary>
    public IEnumerable<ModelDefinition> Model(string name)
    {
        if (Parse($"models/{name}/model.json") is not { } source)
        {
            return [];
        }

        source = source with { Tree = Named(trial?.Apply(name, source.File, source.Tree) ?? source.Tree) };
        var variables = Variables.Of(_variables, [(source.File, source.Tree)], found);
        var models = new List<ModelDefinition>();
        foreach (var instance in new Instances(source.File, variables, found).Of(name, source.Tree))
        {
            var before = found.Count;
            if (Bind(source with { Tree = instance.Declaration, Scope = instance.Scope }, (JsonTypeInfo<ModelManifest>)_json.GetTypeInfo(typeof(ModelManifest))) is var (manifest, tree))
            {
                models.Add(new(instance.Name, source.File, manifest, tree) { Json = _json });
            }

            if (found.Count > before)
            {
                // What is wrong with one instance is wrong with all.
                break;
            }
        }

        return models;
    }

    /// <summary>A trainer that names its code needs no other name.</summary>
    private static JsonTree Named(JsonTree model) => model.Kind != JsonTokenType.StartObject || model.Find("trainer") is not { Kind: JsonTokenType.StartObject } trainer || trainer.Find(CodeTrainer.TrainerName) is null || trainer.Find("name") is not null ? model
        : JsonTree.Object(model.Line, model.Members.Select(member => member.Key == "trainer"
            ? KeyValuePair.Create(member.Key, JsonTree.Object(trainer.Line, [KeyValuePair.Create("name", JsonTree.String(trainer.Line, CodeTrainer.TrainerName)), .. trainer.Members])) : member));

    private void Merge<T>(Dictionary<string, T> all, Dictionary<string, T> included, string section, string noun, DeclarationPlaces places, List<(string File, JsonTree Tree)> trees)
    {
        foreach (var (name, declaration) in included)
        {
            if (all.TryAdd(name, declaration))
            {
                places.Add(section, name, trees.Count - 1);
                continue;
            }

            found.Add(new("MLO2125", $"{noun} '{name}' is declared twice")
            {
                Where = $"{places.Of(section, name)}, {trees[^1].File}:{trees[^1].Tree.LineOf(section, name)}",
                Mend = "rename one of them",
            });
        }
    }

    private Source? Parse(string file)
    {
        try
        {
            observe(file);
            var bytes = WorkspaceFiles.Read(root, file);
            return new(file, JsonTree.Parse(file, bytes), bytes);
        }
        catch (DiagnosticException failure)
        {
            found.AddRange(failure.Diagnostics);
            return null;
        }
    }

    private (T Manifest, JsonTree Tree)? Bind<T>(Source source, JsonTypeInfo<T> type)
        where T : notnull
    {
        var before = found.Count;
        var tree = new ManifestExpansion(source.File, source.Scope ?? _variables, found).Apply(source.Tree);
        if (found.Count > before)
        {
            // A text with a wrong name in it would be told again as a text where a number should be.
            return null;
        }

        try
        {
            return (StrictJson.Bind(source.File, tree, type, ReferenceEquals(tree, source.Whole) ? source.Bytes : default), tree);
        }
        catch (DiagnosticException failure)
        {
            found.AddRange(failure.Diagnostics);
            return null;
        }
    }

    /// <summary>A file as it was read.</summary>
    private sealed record Source(string File, JsonTree Tree, byte[] Bytes)
    {
        /// <summary>The tree of <see cref="Bytes"/>.</summary>
        public JsonTree Whole { get; } = Tree;

        /// <summary>The names known in it; null for those of the workspace.</summary>
        public Scope? Scope { get; init; }
    }
}
