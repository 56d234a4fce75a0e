using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.ModelCode.Packages;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Compiles models' C# files, once for each state of them: what they compile to lies under <c>.mlops/code</c>.</summary>
/// <param name="root">The workspace.</param>
/// <param name="observe">Told each folder and file before it is read.</param>
/// <param name="warn">Told what the compiler thinks, and what gives other results at other times; not again while the code stays.</param>
internal sealed class ModelCompiler(string root, Action<string> observe, Action<Diagnostic> warn)
{
    private const string Format = "3";

    /// <summary>The file that keeps what trainers of the code say of themselves.</summary>
    private const string Trainers = "trainers.json";

    private static readonly TimeSpan _description = TimeSpan.FromSeconds(30);

    private readonly Lazy<CSharpCompiler> _compiler = new(CSharpCompiler.Find);
    private readonly Lazy<IReadOnlyList<byte[]>> _product = new(() => [.. ProductLibraries.Files.Select(File.ReadAllBytes)]);
    private readonly CodeCache _cache = new(root);
    private PackageClosure _packages = PackageClosure.Empty;

    /// <summary>The code of all models that have any, by the models' names.</summary>
    /// <exception cref="DiagnosticException">Some does not compile, or lacks what is declared: all that was found.</exception>
    public static Dictionary<string, CompiledModel> CompileAll(string root, IEnumerable<ModelDefinition> models, Action<string> observe, Action<Diagnostic> warn, CancellationToken cancellationToken)
    {
        var compiled = new Dictionary<string, CompiledModel>(StringComparer.Ordinal);
        var coded = models.Where(model => model.Code.Count > 0).GroupBy(model => model.Folder, StringComparer.Ordinal).Select(group => group.ToList()).ToList();
        var compiler = new ModelCompiler(root, observe, warn);
        var found = new List<Diagnostic>();
#pragma warning disable VSTHRD002 // Nobody waits on this thread, and nothing can be planned before it is known what the code means.
        compiler._packages = coded.Count == 0 ? PackageClosure.Empty : ModelPackages.ResolveAsync(root, observe, isSound: false, cancellationToken).GetAwaiter().GetResult();
        foreach (var instances in coded)
        {
            try
            {
                var code = compiler.CompileAsync(instances, cancellationToken).GetAwaiter().GetResult();
                instances.ForEach(model => compiled[model.Name] = code[model.Name].Within(model.Manifest.Limits));
            }
            catch (DiagnosticException failure)
            {
                found.AddRange(failure.Diagnostics);
            }
        }
#pragma warning restore VSTHRD002

        compiler._cache.Prune([.. compiled.Values.Select(model => Path.GetDirectoryName(model.Assembly)!)]);
        return found.Count == 0 ? compiled : throw new DiagnosticException([.. found.Distinct()]);
    }

    /// <summary>The code of a model's folder, by the names of its instances.</summary>
    /// <param name="models">All instances that one file declares.</param>
    /// <exception cref="DiagnosticException">It does not compile, or lacks what is declared.</exception>
    public async Task<IReadOnlyDictionary<string, CompiledModel>> CompileAsync(IReadOnlyList<ModelDefinition> models, CancellationToken cancellationToken)
    {
        var names = models.SelectMany(model => model.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var sources = CodeSources.Of(root, models[0].Folder, observe);
        var folder = _cache.FolderOf(Key(models, names, sources));
        var assembly = Path.Join(folder, AssemblyName(models[0].Folder) + ".dll");
        if (!_cache.Has(folder))
        {
            await CompileAsync(models, sources, folder, cancellationToken);
        }

        var kept = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Join(folder, CodeCache.Functions), cancellationToken))!.AsObject();
        var functions = kept.ToDictionary(function => function.Key, function => CodeFunction.FromJson(function.Key, function.Value!), StringComparer.Ordinal);
        var trainers = File.Exists(Path.Join(folder, Trainers)) ? JsonNode.Parse(await File.ReadAllBytesAsync(Path.Join(folder, Trainers), cancellationToken))!.AsObject() : [];
        return models.ToDictionary(model => model.Name, model => new CompiledModel(assembly, functions) { Trainer = Trainer(model, trainers[model.Name]) }, StringComparer.Ordinal);
    }

    /// <summary>Compiles sources that the workspace has no more, so that they can be compared with those that it has: the listings of functions as they were then.</summary>
    /// <param name="cache">The workspace whose <c>.mlops/code</c> gets them.</param>
    /// <param name="model">As it is declared now.</param>
    /// <param name="names">The functions and types.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">They do not compile, or packages of theirs cannot be had.</exception>
    public async Task ListAsync(string cache, ModelDefinition model, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var (sources, name) = (CodeSources.Of(root, model.Folder, observe), AssemblyName(model.Folder));
        if (sources.Count == 0)
        {
            return;
        }

        _packages = await ModelPackages.ResolveAsync(root, observe, isSound: true, cancellationToken);
        var compiled = await _compiler.Value.CompileAsync(name, root, sources, ProductLibraries.Files.Concat(_packages.References), cancellationToken);
        using var library = new CodeLibrary([compiled.Image, .. _product.Value], _packages.Names);
        using var symbols = new CodeSymbols(compiled.Symbols);
        var listings = new Dictionary<Digest, string>();
        // What is not as it is declared now has no listing.
        foreach (var entry in Entries([model], library, name, symbols, []).Where(entry => names.Contains(entry.Name)))
        {
            var fingerprint = entry.Fingerprint(library, cancellationToken);
            listings[fingerprint.Digest] = CodeListing.Text(fingerprint, member => member.At(name, symbols));
        }

        var code = new CodeCache(cache);
        code.Publish(code.FolderOf(Digest.Of($"{string.Join('\n', listings.Keys.Order())} {Digest.Of(compiled.Symbols)}")), new(name, compiled, [], listings), functions: null);
    }

    private static string AssemblyName(string folder) => "Models." + folder[(folder.LastIndexOf('/') + 1)..];

    /// <summary>Covers all that decides what comes of compiling, and what is checked then.</summary>
    private Digest Key(IReadOnlyList<ModelDefinition> models, IEnumerable<string> names, IEnumerable<string> sources)
    {
        var text = new StringBuilder("format ").AppendLine(Format).Append("compiler ").AppendLine(_compiler.Value.Version).Append("assembly ").AppendLine(AssemblyName(models[0].Folder));
        text.AppendLine(_packages.Text).AppendJoin('\n', _product.Value.Select(image => Digest.Of(image))).AppendLine().AppendJoin('\n', names).AppendLine();
        foreach (var model in models)
        {
            text.Append(model.Manifest.Deterministic).AppendJoin(';', model.Manifest.Features.Where(feature => feature.Value.Code is not null)
                .Select(feature => $"{feature.Key} {feature.Value.Kind} {feature.Value.Code} {string.Join(',', feature.Value.From ?? [])}"))
                .AppendJoin(';', model.Manifest.Prepare.Select(step => step.Code)).AppendLine();
            text.Append(model.Name).Append(' ').Append(model.Manifest.Task).AppendJoin(';', (model.Evaluation.Metrics ?? []).Select(metric => $"{metric.Key} {metric.Value.Code}"))
                .Append(' ').AppendJoin(';', model.Manifest.Tests ?? []).Append(' ').AppendLine(Description(model) is { } trainer ? CanonicalJson.Compact(trainer) : "");
        }

        foreach (var source in sources)
        {
            text.Append(Digest.Of(File.ReadAllBytes(Path.Join(root, source))).Hex).Append("  ").AppendLine(source);
        }

        return Digest.Of(text.ToString());
    }

    private async Task CompileAsync(IReadOnlyList<ModelDefinition> models, IReadOnlyList<string> sources, string folder, CancellationToken cancellationToken)
    {
        if (sources.Count == 0)
        {
            throw new DiagnosticException(new Diagnostic("MLO2260", $"model '{models[0].Name}' has no C# file")
            {
                Where = models[0].File,
                Why = $"it declares {string.Join(", ", models[0].Code)}, and neither {models[0].Folder} nor {CodeSources.Shared} has a file *.cs",
                Mend = $"write {models[0].Folder}/{models[0].Code[0].Split('.')[0]}.cs",
            });
        }

        var name = AssemblyName(models[0].Folder);
        _packages = _packages.IsSound ? _packages : await ModelPackages.ResolveAsync(root, observe, isSound: true, cancellationToken);
        var compiled = await _compiler.Value.CompileAsync(name, root, sources, ProductLibraries.Files.Concat(_packages.References), cancellationToken);
        var listings = new Dictionary<Digest, string>();
        var functions = Functions(models, name, compiled, listings, cancellationToken);
        foreach (var warning in compiled.Warnings)
        {
            warn(warning);
        }

        _cache.Publish(folder, new(name, compiled, _packages.LoadedBy(compiled.Image), listings),
            new JsonObject(functions.Select(function => KeyValuePair.Create(function.Name, (JsonNode?)function.ToJson()))), making => Describe(making, new(Path.Join(making, name + ".dll"), functions.ToDictionary(function => function.Name)), models, cancellationToken));
    }

    private List<CodeFunction> Functions(IReadOnlyList<ModelDefinition> models, string name, CompiledCode compiled, Dictionary<Digest, string> listings, CancellationToken cancellationToken)
    {
        using var library = new CodeLibrary([compiled.Image, .. _product.Value], _packages.Names);
        using var symbols = new CodeSymbols(compiled.Symbols);
        var found = new List<Diagnostic>();
        var entries = Entries(models, library, name, symbols, found);
        if (found.Count > 0)
        {
            throw new DiagnosticException([.. found.Distinct()]);
        }

        var functions = new List<CodeFunction>();
        var concerns = new HashSet<Diagnostic>();
        foreach (var entry in entries)
        {
            var fingerprint = entry.Fingerprint(library, cancellationToken);
            listings[fingerprint.Digest] = CodeListing.Text(fingerprint, member => member.At(name, symbols));
            functions.Add(new(entry.Name, fingerprint.Digest, entry.Signature?.Parameters ?? [], entry.Signature?.Result ?? "") { Place = entry.Signature is { } signature ? symbols.At(signature.Token) : TypeCheck.Line(library.Shape(name, entry.Name)!, symbols) });
            concerns.UnionWith(fingerprint.Concerns.Where(concern => concern.Kind == CodeConcernKind.Irreproducible).Select(concern => Concern(concern, name, symbols)).OfType<Diagnostic>());
        }

        foreach (var concern in models.All(model => model.Manifest.Deterministic == false) ? [] : concerns)
        {
            warn(concern);
        }

        return functions;
    }

    /// <summary>Where the code that models declare is entered, each name once.</summary>
    /// <param name="found">Gets what is not as declared.</param>
    private static Dictionary<string, DeclaredEntry>.ValueCollection Entries(IEnumerable<ModelDefinition> models, CodeLibrary library, string name, CodeSymbols symbols, List<Diagnostic> found)
    {
        var (functions, types) = (new FunctionCheck(library, name, symbols, found), new TypeCheck(library, name, symbols, found));
        var entries = new Dictionary<string, DeclaredEntry>(StringComparer.Ordinal);
        foreach (var model in models)
        {
            foreach (var (function, signature) in functions.All(model))
            {
                entries[function] = new(function, [CodeFunction.Entry(function)!.Value], signature);
            }

            foreach (var (type, at) in types.All(model))
            {
                entries[type] = new(type, at, null);
            }
        }

        return entries.Values;
    }

    /// <summary>A function or a type that a model declares.</summary>
    /// <param name="Signature">A function's.</param>
    private sealed record DeclaredEntry(string Name, IReadOnlyList<CodeEntry> At, CodeSignature? Signature)
    {
        /// <summary>What it does, and of a function which parameters may be null: whether it is called at all for a missing cell.</summary>
        public CodeFingerprint Fingerprint(CodeLibrary library, CancellationToken cancellationToken) =>
            library.Fingerprint(At, cancellationToken: cancellationToken) is var fingerprint && Signature is null ? fingerprint : fingerprint.With($"nullability of {Name}", Signature.Nullability);
    }

    /// <summary>Null for what the product's own code does.</summary>
    private static Diagnostic? Concern(CodeConcern concern, string assembly, CodeSymbols symbols) => concern.At(assembly, symbols) is not { } where ? null
        : new("MLO8323", $"the model's code asks {concern.Subject}")
        {
            Severity = Severity.Warning,
            Where = where,
            Why = $"{concern.Why} gives another answer at another time or on another machine, so that the same sources give other models",
            Mend = "take it from a column instead; or accept it: \"deterministic\": false in model.json",
        };

    /// <summary>Asks the trainers of the code what options they have, and whether those that are declared are among them.</summary>
    private static void Describe(string folder, CompiledModel code, IReadOnlyList<ModelDefinition> models, CancellationToken cancellationToken)
    {
        var (described, found) = (new JsonObject(), new List<Diagnostic>());
        foreach (var model in models)
        {
            if (Description(model) is { } request)
            {
                var worker = Path.Join(folder, StepWorker.Describe);
                try
                {
                    described[model.Name] = CodeRunner.Run(Briefly(code.Within(model.Manifest.Limits)), request, model.At("trainer"), worker, null, cancellationToken).Result;
                }
                catch (DiagnosticException wrong)
                {
                    found.AddRange(wrong.Diagnostics.Select(diagnostic => diagnostic.Where is ['#', '/', .. var path] ? diagnostic with { Where = model.At([.. path.Split('/').Select(Unescaped)]) } : diagnostic));
                }

                Directory.Delete(worker, recursive: true);
            }
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException([.. found.Distinct()]);
        }

        if (described.Count > 0)
        {
            File.WriteAllText(Path.Join(folder, Trainers), CanonicalJson.Indented(described));
        }
    }

    /// <summary>Everything waits for it, so that it may not take as long as a step.</summary>
    private static CompiledModel Briefly(CompiledModel model) => model.Timeout <= _description ? model
        : model with { Timeout = _description, Mend = "let its constructor and its setters do no work: Fit does it" };

    private static string Unescaped(string name) => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    /// <summary>What a worker is asked of a model's trainer; null if it is none of the model's code.</summary>
    private static JsonObject? Description(ModelDefinition model) => model.Manifest.Trainer is not CodeTrainer trainer ? null : new()
    {
        ["action"] = StepWorker.Describe,
        ["search"] = model.Manifest.Tune is not { } tune ? null : JsonSerializer.SerializeToNode(tune.Search, ManifestJson.Default.DictionaryStringSearchRange),
        ["trainer"] = new TrainerMembers(model.Json).Write(trainer),
    };

    private static CodeTrainer? Trainer(ModelDefinition model, JsonNode? described) => described is null || model.Manifest.Trainer is not CodeTrainer declared ? null : declared with
    {
        Options = described["options"]!.AsObject().ToDictionary(option => option.Key, option => JsonSerializer.SerializeToElement(option.Value, ManifestJson.Default.JsonNode), StringComparer.Ordinal),
        Whole = [.. described["whole"]!.AsArray().Select(option => (string)option!)],
    };
}
