using MlOps.Code;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions;

/// <summary>The code part of the built-in steps: per action and variant the fingerprint of what it reaches (decision 0019).</summary>
/// <remarks>The build writes <c>code.json</c> beside the host, and <c>code/</c> with the listings. Where they are absent (tests), and for trainers of other assemblies,
/// the assemblies themselves are followed; ReadyToRun and debug symbols make no difference.</remarks>
internal sealed class CodeDigests
{
    private const string FileName = "code.json";
    private const string ServiceName = "service", ServiceAssembly = "MlOps.Serving";

    /// <summary>What decides how the service is published, in the product's folder.</summary>
    private static readonly string[] PublishedBy = ["build/host/Service.proj", "build/props/MlOps.props", "build/props/Packages.props", "build/props/Service.props", "global.json", "src/MlOps.Serving/MlOps.Serving.csproj"];

    private static readonly Lazy<Dictionary<string, Digest>> Written = new(() => Read(Path.Combine(AppContext.BaseDirectory, FileName)));
    private static readonly Lazy<ActionCode> Own = new(() => Load([]));
    private static readonly Dictionary<(string, Type?), CodeFingerprint> Followed = [];

    private readonly Dictionary<Digest, Func<string>> _listings = [];

    /// <summary>The digest of the code that a kind of step runs.</summary>
    /// <param name="name">The action and its variant: <c>train/linear</c>.</param>
    /// <param name="trainer">The trainer's type, where one is run.</param>
    public Digest Of(string name, Type? trainer = null)
    {
        if (Written.Value.TryGetValue(name, out var written) && (trainer is null || IsOwn(trainer)))
        {
            _listings.TryAdd(written, () => File.ReadAllText(ListingOf(AppContext.BaseDirectory, name)));
            return written;
        }

        var fingerprint = Follow(name, trainer);
        _listings.TryAdd(fingerprint.Digest, () => CodeListing.Text(fingerprint));
        return fingerprint.Digest;
    }

    /// <summary>The listings of what was asked for, by digest.</summary>
    public IReadOnlyDictionary<Digest, Func<string>> Listings => _listings;

    /// <summary>The digest of the scoring service's own code and of what its publishing is told: what its image's layer follows from.</summary>
    public Digest Service => Written.Value.TryGetValue(ServiceName, out var written) ? written : Product;

    /// <summary>The digest of all of this product that plans and runs steps.</summary>
    public Digest Product => Digest.Of(string.Concat(Directory.GetFiles(AppContext.BaseDirectory, "MlOps.*.dll").Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetFileName(file)} {Digest.Of(File.ReadAllBytes(file))}\n")));

    /// <summary>Writes <c>code.json</c> and the listings into a folder.</summary>
    /// <param name="assemblies">The product's, before ReadyToRun.</param>
    public static void Write(string folder, IEnumerable<string> assemblies)
    {
        using var code = new ActionCode(assemblies.Where(file => ActionCode.Assemblies.Contains(Path.GetFileNameWithoutExtension(file)))
            .DistinctBy(Path.GetFileName).Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
        var json = new System.Text.Json.Nodes.JsonObject();
        foreach (var (name, trainer) in ActionCode.All)
        {
            var fingerprint = code.Of(name, trainer);
            json[name] = fingerprint.Digest.ToString();
            Directory.CreateDirectory(Path.GetDirectoryName(ListingOf(folder, name))!);
            File.WriteAllText(ListingOf(folder, name), CodeListing.Text(fingerprint));
        }

        json[ServiceName] = ServiceOf([.. assemblies]).ToString();
        File.WriteAllText(Path.Combine(folder, FileName), CanonicalJson.Indented(json));
    }

    /// <summary>Over the service's assembly with all of the product's that it refers to, before ReadyToRun, and what publishing is told.</summary>
    private static Digest ServiceOf(IReadOnlyCollection<string> assemblies)
    {
        var byName = assemblies.DistinctBy(Path.GetFileName).ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);
        var (pending, seen) = (new Queue<string>([ServiceAssembly]), new SortedDictionary<string, Digest>(StringComparer.Ordinal));
        while (pending.TryDequeue(out var name))
        {
            if (byName.TryGetValue(name, out var file) && !seen.ContainsKey(name))
            {
                var image = File.ReadAllBytes(file);
                seen[name] = Digest.Of(image);
                using var reader = new System.Reflection.PortableExecutable.PEReader([.. image]);
                var metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(reader);
                foreach (var reference in metadata.AssemblyReferences)
                {
                    pending.Enqueue(metadata.GetString(metadata.GetAssemblyReference(reference).Name));
                }
            }
        }

        return Digest.Of(string.Concat(seen.Select(assembly => $"{assembly.Key} {assembly.Value}\n"))
            + string.Concat(PublishedBy.Select(file => (file, Path: Path.Join(Pipelines.Product.Folder, file))).Where(file => File.Exists(file.Path)).Select(file => $"{file.file} {Digest.Of(File.ReadAllBytes(file.Path))}\n")));
    }

    private static CodeFingerprint Follow(string name, Type? trainer)
    {
        lock (Followed)
        {
            if (!Followed.TryGetValue((name, trainer), out var known))
            {
                using var others = trainer is null || IsOwn(trainer) ? null : Load([trainer.Assembly.Location]);
                Followed[(name, trainer)] = known = (others ?? Own.Value).Of(name, trainer);
            }

            return known;
        }
    }

    private static ActionCode Load(IEnumerable<string> others) =>
        new(ActionCode.Assemblies.Select(assembly => Path.Combine(AppContext.BaseDirectory, assembly + ".dll")).Concat(others).Select(File.ReadAllBytes));

    private static bool IsOwn(Type trainer) => ActionCode.Assemblies.Contains(trainer.Assembly.GetName().Name);

    private static string ListingOf(string folder, string name) => Path.Combine(folder, "code", name.Replace('/', Path.DirectorySeparatorChar) + ".txt");

    private static Dictionary<string, Digest> Read(string file) => !File.Exists(file) ? []
        : JsonTree.Parse(FileName, File.ReadAllBytes(file)).Members.ToDictionary(member => member.Key, member => Digest.Parse(member.Value.Text), StringComparer.Ordinal);
}
