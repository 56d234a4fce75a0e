using System.Text;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;
using MlOps.Scoring;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Compiles models' C# files, once for each state of them: what they compile to lies under <c>.mlops/code</c>.</summary>
/// <param name="root">The workspace.</param>
/// <param name="observe">Told each folder and file before it is read.</param>
/// <param name="warn">Told what the compiler thinks, and what gives other results at other times; not again while the code stays.</param>
internal sealed class ModelCompiler(string root, Action<string> observe, Action<Diagnostic> warn)
{
    private const string Format = "2";

    // Going back and forth between branches compiles nothing again.
    private const int Kept = 32;

    /// <summary>What models' code may be written against, and what its meaning is followed into.</summary>
    private static readonly string[] Product = [.. new[] { typeof(Digest), typeof(Frame), typeof(Scorer), typeof(Learner) }.Select(type => type.Assembly.Location)];

    private readonly Lazy<CSharpCompiler> _compiler = new(CSharpCompiler.Find);
    private readonly Lazy<IReadOnlyList<byte[]>> _product = new(() => [.. Product.Select(File.ReadAllBytes)]);

    /// <summary>The code of all models that have any, by the models' names.</summary>
    /// <exception cref="DiagnosticException">Some does not compile, or lacks what is declared: all that was found.</exception>
    public static Dictionary<string, CompiledModel> CompileAll(string root, IEnumerable<ModelDefinition> models, Action<string> observe, Action<Diagnostic> warn)
    {
        var compiled = new Dictionary<string, CompiledModel>(StringComparer.Ordinal);
        var coded = models.Where(model => model.CodeFunctions.Count > 0).GroupBy(model => model.Folder, StringComparer.Ordinal).Select(group => group.ToList()).ToList();
        var compiler = new ModelCompiler(root, observe, warn);
        var found = new List<Diagnostic>();
        foreach (var instances in coded)
        {
            try
            {
#pragma warning disable VSTHRD002 // Nobody waits on this thread, and nothing can be planned before it is known what the code means.
                var code = compiler.CompileAsync(instances, CancellationToken.None).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
                instances.ForEach(model => compiled[model.Name] = code.Within(model.Manifest.Limits));
            }
            catch (DiagnosticException failure)
            {
                found.AddRange(failure.Diagnostics);
            }
        }

        Prune(Path.Join(root, ".mlops", "code"), [.. compiled.Values.Select(model => Path.GetDirectoryName(model.Assembly)!)]);
        return found.Count == 0 ? compiled : throw new DiagnosticException([.. found.Distinct()]);
    }

    /// <summary>The code of a model's folder.</summary>
    /// <param name="models">All instances that one file declares.</param>
    /// <exception cref="DiagnosticException">It does not compile, or lacks what is declared.</exception>
    public async Task<CompiledModel> CompileAsync(IReadOnlyList<ModelDefinition> models, CancellationToken cancellationToken)
    {
        var names = models.SelectMany(model => model.CodeFunctions).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var sources = CodeSources.Of(root, models[0].Folder, observe);
        var folder = Path.Join(root, ".mlops", "code", Key(models, names, sources).Hex);
        var assembly = Path.Join(folder, AssemblyName(models[0].Folder) + ".dll");
        if (!File.Exists(Path.Join(folder, "code.json")))
        {
            await CompileAsync(models, sources, folder, cancellationToken);
        }

        else if (Directory.GetLastWriteTimeUtc(folder) < TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1))
        {
            // What is used is not what is removed first.
            Directory.SetLastWriteTimeUtc(folder, TimeProvider.System.GetUtcNow().UtcDateTime);
        }

        var kept = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Join(folder, "code.json"), cancellationToken))!.AsObject();
        return new(assembly, kept.ToDictionary(function => function.Key, function => CodeFunction.FromJson(function.Key, function.Value!), StringComparer.Ordinal));
    }

    /// <summary>Compiles sources that the workspace has no more, so that they can be compared with those that it has: the listings of functions as they were then.</summary>
    /// <param name="cache">The workspace whose <c>.mlops/code</c> gets them.</param>
    /// <param name="folder">The model's folder, in both.</param>
    /// <param name="names">The functions.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiagnosticException">They do not compile.</exception>
    public async Task ListAsync(string cache, string folder, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var (sources, name) = (CodeSources.Of(root, folder, observe), AssemblyName(folder));
        if (sources.Count == 0)
        {
            return;
        }

        var compiled = await _compiler.Value.CompileAsync(name, root, sources, Product, cancellationToken);
        using var library = new CodeLibrary([compiled.Image, .. _product.Value]);
        using var symbols = new CodeSymbols(compiled.Symbols);
        var listings = new Dictionary<Digest, string>();
        foreach (var function in names)
        {
            if (CodeFunction.Entry(function) is { } entry && library.Find(entry) is [var signature])
            {
                var fingerprint = Fingerprint(library, function, signature, cancellationToken);
                listings[fingerprint.Digest] = CodeListing.Text(fingerprint, member => member.At(name, symbols));
            }
        }

        Publish(Path.Join(cache, ".mlops", "code", Digest.Of($"{string.Join('\n', listings.Keys.Order())} {Digest.Of(compiled.Symbols)}").Hex), name, compiled, listings, functions: null);
    }

    /// <summary>Removes what no build used of late, and nothing that this one uses.</summary>
    private static void Prune(string folder, HashSet<string> used)
    {
        foreach (var old in used.Count == 0 ? [] : new DirectoryInfo(folder).GetDirectories().OrderByDescending(known => known.LastWriteTimeUtc).Skip(Kept + used.Count)
            .Where(known => !used.Contains(known.FullName) && known.LastWriteTimeUtc < TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1)))
        {
            old.Delete(recursive: true);
        }
    }

    private static string AssemblyName(string folder) => "Models." + folder[(folder.LastIndexOf('/') + 1)..];

    /// <summary>Covers all that decides what comes of compiling, and what is checked then.</summary>
    private Digest Key(IReadOnlyList<ModelDefinition> models, IEnumerable<string> names, IEnumerable<string> sources)
    {
        var text = new StringBuilder("format ").AppendLine(Format).Append("compiler ").AppendLine(_compiler.Value.Version).Append("assembly ").AppendLine(AssemblyName(models[0].Folder));
        text.AppendJoin('\n', _product.Value.Select(image => Digest.Of(image))).AppendLine().AppendJoin('\n', names).AppendLine();
        foreach (var model in models)
        {
            text.Append(model.Manifest.Deterministic).AppendJoin(';', model.Manifest.Features.Where(feature => feature.Value.Code is not null)
                .Select(feature => $"{feature.Key} {feature.Value.Kind} {feature.Value.Code} {string.Join(',', feature.Value.From ?? [])}"))
                .AppendJoin(';', model.Manifest.Prepare.Select(step => step.Code)).AppendLine();
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
                Why = $"it declares {string.Join(", ", models[0].CodeFunctions)}, and neither {models[0].Folder} nor {CodeSources.Shared} has a file *.cs",
                Mend = $"write {models[0].Folder}/{models[0].CodeFunctions[0].Split('.')[0]}.cs",
            });
        }

        var name = AssemblyName(models[0].Folder);
        var compiled = await _compiler.Value.CompileAsync(name, root, sources, Product, cancellationToken);
        var listings = new Dictionary<Digest, string>();
        var functions = Functions(models, name, compiled, listings, cancellationToken);
        foreach (var warning in compiled.Warnings)
        {
            warn(warning);
        }

        Publish(folder, name, compiled, listings, new JsonObject(functions.Select(function => KeyValuePair.Create(function.Name, (JsonNode?)function.ToJson()))));
    }

    private List<CodeFunction> Functions(IReadOnlyList<ModelDefinition> models, string name, CompiledCode compiled, Dictionary<Digest, string> listings, CancellationToken cancellationToken)
    {
        using var library = new CodeLibrary([compiled.Image, .. _product.Value]);
        using var symbols = new CodeSymbols(compiled.Symbols);
        var found = new List<Diagnostic>();
        var signatures = new Dictionary<string, CodeSignature>(StringComparer.Ordinal);
        foreach (var signature in models.SelectMany(new FunctionCheck(library, name, symbols, found).All))
        {
            signatures[signature.Key] = signature.Value;
        }

        if (found.Count > 0)
        {
            throw new DiagnosticException([.. found.Distinct()]);
        }

        var functions = new List<CodeFunction>();
        var concerns = new HashSet<Diagnostic>();
        foreach (var (function, signature) in signatures)
        {
            var fingerprint = Fingerprint(library, function, signature, cancellationToken);
            listings[fingerprint.Digest] = CodeListing.Text(fingerprint, member => member.At(name, symbols));
            functions.Add(new(function, fingerprint.Digest, signature.Parameters, signature.Result) { Place = symbols.At(signature.Token) });
            concerns.UnionWith(fingerprint.Concerns.Where(concern => concern.Kind == CodeConcernKind.Irreproducible).Select(concern => Concern(concern, name, symbols)).OfType<Diagnostic>());
        }

        foreach (var concern in models.All(model => model.Manifest.Deterministic == false) ? [] : concerns)
        {
            warn(concern);
        }

        return functions;
    }

    /// <summary>What a function does, and which of its parameters may be null: whether it is called at all for a missing cell.</summary>
    private static CodeFingerprint Fingerprint(CodeLibrary library, string function, CodeSignature signature, CancellationToken cancellationToken) =>
        library.Fingerprint([CodeFunction.Entry(function)!.Value], cancellationToken: cancellationToken).With($"nullability of {function}", signature.Nullability);

    /// <summary>Null for what the product's own code does.</summary>
    private static Diagnostic? Concern(CodeConcern concern, string assembly, CodeSymbols symbols) => concern.At(assembly, symbols) is not { } where ? null
        : new("MLO8323", $"the model's code asks {concern.Subject}")
        {
            Severity = Severity.Warning,
            Where = where,
            Why = $"{concern.Why} gives another answer at another time or on another machine, so that the same sources give other models",
            Mend = "take it from a column instead; or accept it: \"deterministic\": false in model.json",
        };

    /// <summary>All or nothing: whoever is first is right, the bytes are the same.</summary>
    private static void Publish(string folder, string name, CompiledCode compiled, IReadOnlyDictionary<Digest, string> listings, JsonObject? functions)
    {
        var all = Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var making = Path.Join(all.FullName, $"making-{Environment.ProcessId}-{Path.GetFileName(folder)[..8]}");
        Directory.CreateDirectory(making);
        File.WriteAllBytes(Path.Join(making, name + ".dll"), compiled.Image);
        File.WriteAllBytes(Path.Join(making, name + ".pdb"), compiled.Symbols);
        foreach (var (digest, listing) in listings)
        {
            File.WriteAllText(Path.Join(making, digest.Hex + ".txt"), listing);
        }

        if (functions is not null)
        {
            File.WriteAllText(Path.Join(making, "code.json"), CanonicalJson.Indented(functions));
        }

        try
        {
            Directory.Move(making, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(making, recursive: true);
        }
    }
}
