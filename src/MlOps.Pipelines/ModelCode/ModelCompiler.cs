using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode.Packages;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Compiles models' C# files, once for each state of them: what they compile to lies under <c>.mlops/code</c>.</summary>
/// <param name="root">The workspace.</param>
/// <param name="observe">Told each folder and file before it is read.</param>
/// <param name="warn">Told what the compiler thinks, and what gives other results at other times; not again while the code stays.</param>
internal sealed class ModelCompiler(string root, Action<string> observe, Action<Diagnostic> warn)
{
    private const string Format = "3";

    private static readonly TimeSpan LongestDescription = TimeSpan.FromSeconds(30);

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
        var sources = CodeSources.Read(root, models[0].Folder, observe);
        var key = Key(models, sources);
        var known = _cache.Find(key) ?? await CompileAsync(models, sources, key, cancellationToken);
        var assembly = Path.Join(known.Folder, AssemblyName(models[0].Folder) + ".dll");
        var functions = known.Functions.ToDictionary(function => function.Key, function => CodeFunction.FromJson(function.Key, function.Value!), StringComparer.Ordinal);
        return models.ToDictionary(model => model.Name, model => new CompiledModel(assembly, functions) { Trainer = Trainer(model, known.Trainers[model.Name]) }, StringComparer.Ordinal);
    }

    /// <summary>Compiles sources that the workspace has no more, so that they can be compared with those that it has: the listings of functions as they were then.</summary>
    /// <param name="cache">The workspace whose <c>.mlops/code</c> gets them.</param>
    /// <param name="model">As it is declared now.</param>
    /// <param name="names">The functions and types.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">They do not compile, or packages of theirs cannot be had.</exception>
    public async Task ListAsync(string cache, ModelDefinition model, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var (sources, name) = (CodeSources.Read(root, model.Folder, observe), AssemblyName(model.Folder));
        if (sources.Count == 0)
        {
            return;
        }

        _packages = await ModelPackages.ResolveAsync(root, observe, isSound: true, cancellationToken);
        var compiled = await CompiledAsync(name, sources, cancellationToken);
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
        code.Publish(Digest.Of($"{string.Join('\n', listings.Keys.Order())} {Digest.Of(compiled.Symbols)}"), new(name, compiled, [], listings), functions: null);
    }

    private static string AssemblyName(string folder) => "Models." + folder[(folder.LastIndexOf('/') + 1)..];

    /// <summary>Covers all that decides what comes of compiling, and what is checked then.</summary>
    private Digest Key(IReadOnlyList<ModelDefinition> models, IReadOnlyDictionary<string, byte[]> sources) => Digest.Of(new JsonObject
    {
        ["assembly"] = AssemblyName(models[0].Folder),
        ["compiler"] = _compiler.Value.Version,
        ["format"] = Format,
        ["models"] = new JsonArray([.. models.Select(Declared)]),
        ["packages"] = _packages.Text,
        ["product"] = new JsonArray([.. _product.Value.Select(image => (JsonNode)Digest.Of(image).Hex)]),
        ["sources"] = new JsonObject(sources.Select(source => KeyValuePair.Create(source.Key, (JsonNode?)Digest.Of(source.Value).Hex))),
    }.ToJsonString());

    /// <summary>What a model says of its code.</summary>
    private static JsonObject Declared(ModelDefinition model) => new()
    {
        ["deterministic"] = model.Manifest.Deterministic,
        ["features"] = CodeRequest.Json(model.ComputedColumns),
        ["kinds"] = new JsonArray([.. model.ComputedColumns.Select(column => (JsonNode)model.Manifest.Features[column.Name].Kind.ToString())]),
        ["metrics"] = new JsonObject((model.Evaluation.Metrics ?? []).Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)metric.Value.Code))),
        ["name"] = model.Name,
        ["prepare"] = new JsonArray([.. model.Manifest.Prepare.Select(step => (JsonNode)step.Code)]),
        ["task"] = model.Manifest.Task.ToString(),
        ["tests"] = new JsonArray([.. (model.Manifest.Tests ?? []).Select(type => (JsonNode)type)]),
        ["trainer"] = Description(model),
    };

    private async Task<KnownFolder> CompileAsync(IReadOnlyList<ModelDefinition> models, IReadOnlyDictionary<string, byte[]> sources, Digest key, CancellationToken cancellationToken)
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
        var compiled = await CompiledAsync(name, sources, cancellationToken);
        var listings = new Dictionary<Digest, string>();
        var functions = Functions(models, name, compiled, listings, cancellationToken);
        foreach (var warning in compiled.Warnings)
        {
            warn(warning);
        }

        return _cache.Publish(key, new(name, compiled, _packages.LoadedBy(compiled.Image), listings),
            new JsonObject(functions.Select(function => KeyValuePair.Create(function.Name, (JsonNode?)function.ToJson()))),
            making => Describe(making, new(Path.Join(making, name + ".dll"), functions.ToDictionary(function => function.Name)), models, cancellationToken))!;
    }

    /// <summary>The bytes that the key covers, and no others: what somebody saves meanwhile is the next build's.</summary>
    private async Task<CompiledCode> CompiledAsync(string name, IReadOnlyDictionary<string, byte[]> sources, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-sources-").FullName;
        try
        {
            foreach (var (path, bytes) in sources)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(folder, path))!);
                await File.WriteAllBytesAsync(Path.Join(folder, path), bytes, cancellationToken);
            }

            return await _compiler.Value.CompileAsync(name, folder, sources.Keys, ProductLibraries.Files.Concat(_packages.References), cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
    private static JsonObject Describe(string folder, CompiledModel code, IReadOnlyList<ModelDefinition> models, CancellationToken cancellationToken)
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

        return described;
    }

    /// <summary>Everything waits for it, so that it may not take as long as a step.</summary>
    private static CompiledModel Briefly(CompiledModel model) => model.Timeout <= LongestDescription ? model
        : model with { Timeout = LongestDescription, Mend = "let its constructor and its setters do no work: Fit does it" };

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
