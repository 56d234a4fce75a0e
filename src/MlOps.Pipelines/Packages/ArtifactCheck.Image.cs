using System.Security.Cryptography;
using System.Text.Json;
using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines.Packages;

/// <summary>An image: its layers, and that the model in them is that of the package which it names.</summary>
internal sealed partial class ArtifactCheck
{
    private const string ServiceFile = "etc/mlops/service.json", ModelFolders = "srv/models/", Whiteout = ".wh.";
    private const int MostToldBytes = 1 << 20;

    /// <summary>The folders that what counts lies in; empty for the root.</summary>
    private static readonly string[] s_above = ["", "srv", "srv/models", "etc", "etc/mlops"];

    /// <summary>The package that the image says it serves.</summary>
    private Digest? _served;

    /// <summary>What an image's layers hold of its model, as a container sees it.</summary>
    /// <param name="Label">The package that the configuration names.</param>
    /// <param name="Files">By path; null for what is no file, and for what a layer hides of those below.</param>
    private sealed record ServedFiles(string? Label, SortedDictionary<string, Digest?> Files)
    {
        /// <summary>The bytes of what tells the service what to load: its configuration, and how a model's code is called.</summary>
        public Dictionary<string, byte[]> Told { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>The layers are what the image's configuration says, and hold nothing that would escape.</summary>
    private ServedFiles Layers(Manifest manifest, CancellationToken cancellationToken)
    {
        var config = artifact.Read(manifest.Config) ?? throw Wrong("the configuration is missing", manifest.Config.Digest.ToString());
        using var json = JsonDocument.Parse(config, new() { MaxDepth = 32, AllowDuplicateProperties = false });
        string?[] expected = json.RootElement.TryGetProperty("rootfs", out var files) && files.TryGetProperty("diff_ids", out var ids) ? [.. ids.EnumerateArray().Select(id => id.GetString())] : [];
        if (expected.Length != manifest.Layers.Count)
        {
            throw Wrong("the configuration names other layers than the manifest", $"{expected.Length}, not {manifest.Layers.Count}");
        }

        var served = new ServedFiles(LabelOf(json.RootElement), new(StringComparer.Ordinal));
        var entries = 0;
        foreach (var (layer, diffId) in manifest.Layers.Zip(expected))
        {
            using var stream = artifact.Open(layer) ?? throw Wrong("a layer is missing or damaged", layer.Digest.ToString());
            using var reader = new LayerReader(layer, stream, artifact.Where);
            while (reader.Next())
            {
                cancellationToken.ThrowIfCancellationRequested();
                entries++;
                Note(reader, served);
            }

            if (reader.DiffId.ToString() != diffId)
            {
                throw Wrong("a layer is not the one that the configuration names", $"its content is {reader.DiffId}, not {diffId}");
            }
        }

        Add("layers", CheckResult.Passed, $"{manifest.Layers.Count} layers, {entries} entries");
        return served;
    }

    private static string? LabelOf(JsonElement config) => config.TryGetProperty("config", out var run) && run.ValueKind == JsonValueKind.Object
        && run.TryGetProperty("Labels", out var labels) && labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(ImageAction.PackageLabel, out var label) ? label.GetString() : null;

    /// <summary>Takes note of an entry that decides what the service finds; those of upper layers count.</summary>
    private static void Note(LayerReader reader, ServedFiles served)
    {
        var entry = reader.Current!;
        var isService = entry.Path == ServiceFile;
        // Whatever stands there now, what lay below is hidden.
        served.Told.Remove(entry.Path);
        if (HiddenBy(entry.Path) is { } hidden ? IsBelow(hidden) || (served.Files.Count > 0 && s_above.Contains(hidden))
            : isService || served.Files.ContainsKey(entry.Path) || (entry.Kind != LayerEntryKind.Folder && (IsBelow(entry.Path) || s_above.Contains(entry.Path))))
        {
            served.Files[entry.Path] = entry.Kind != LayerEntryKind.File || HiddenBy(entry.Path) is not null ? null : isService || entry.Path.EndsWith($"/{PackageFile.Code}", StringComparison.Ordinal) ? Told(reader, served) : DigestOf(reader);
        }

        static bool IsBelow(string path) => path.StartsWith(ModelFolders, StringComparison.Ordinal) || path == ServiceFile;
    }

    /// <summary>What a whiteout hides of the layers below; empty for everything, null for what is no whiteout.</summary>
    private static string? HiddenBy(string path)
    {
        var (folder, name) = path.LastIndexOf('/') is var end and >= 0 ? (path[..end], path[(end + 1)..]) : ("", path);
        return !name.StartsWith(Whiteout, StringComparison.Ordinal) ? null
            : name == Whiteout + Whiteout + ".opq" ? folder
            : name[Whiteout.Length..] is "" or "." or ".." ? "" : folder.Length == 0 ? name[Whiteout.Length..] : $"{folder}/{name[Whiteout.Length..]}";
    }

    private static Digest? Told(LayerReader reader, ServedFiles served)
    {
        if (reader.Current!.Size > MostToldBytes)
        {
            return null;
        }

        var (bytes, block) = (new MemoryStream(), new byte[1 << 12]);
        for (int read; (read = reader.Read(block)) > 0;)
        {
            bytes.Write(block, 0, read);
        }

        return Digest.Of(served.Told[reader.Current.Path] = bytes.ToArray());
    }

    private static Digest DigestOf(LayerReader reader)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 16];
        for (int read; (read = reader.Read(block)) > 0;)
        {
            sha.AppendData(block, 0, read);
        }

        return Digest.FromBytes(sha.GetHashAndReset());
    }

    /// <summary>The model's files are those of the package that the label names, and the service is told to load that model. An image without a label is one of something else.</summary>
    private ServedFiles Served(Manifest manifest, ServedFiles served)
    {
        if (manifest.Annotations?.GetValueOrDefault(ImageAction.PackageLabel) != served.Label)
        {
            throw Wrong("manifest and configuration name different packages", $"'{manifest.Annotations?.GetValueOrDefault(ImageAction.PackageLabel)}' and '{served.Label}'");
        }

        if (served.Label is null)
        {
            return served;
        }

        _served = Digest.TryParse(served.Label, out var package) ? package : throw Wrong("the image names no package", $"'{served.Label}' is no digest");
        if (artifact.PackageBytes is not { } bytes)
        {
            Add("package", CheckResult.Unknown, $"{package} is not to be had here, to hold the model's files against it");
            return served;
        }

        if (Digest.Of(bytes) != package || Manifest.TryParse(bytes) is not { ArtifactType: ModelPackage.ArtifactType } told || told.Annotations?.GetValueOrDefault(PackageShelf.Name) is not { } name)
        {
            throw Wrong("what the image names is no package", package.ToString());
        }

        _model = PackageFile.IsPath(name) && !name.Contains('/', StringComparison.Ordinal) ? name : throw Wrong("what the image names is no package", $"'{ForeignText.Shown(name, 100)}' is no name of a model");
        if (artifact.Version is { } number && repository is not null)
        {
            _findings.Add(repository.Number(name, PackageVersion.Parse(number), package, mustBeKnown: IsStrict));
        }

        var folder = $"{ModelFolders}{name}/";
        var files = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var file in told.Layers)
        {
            if (file.Annotations?.GetValueOrDefault(PackageFile.PathAnnotation) is { } path && ImageAction.IsServed(path) && !files.TryAdd(folder + path, file.Digest))
            {
                throw Wrong("what the image names is no package", $"'{ForeignText.Shown(path, 200)}' stands twice");
            }
        }

        if (!files.TryGetValue(folder + PackageFile.Model, out var model))
        {
            throw Wrong("what the image names is no package", $"it has no {PackageFile.Model}");
        }

        var fault = files.Keys.Except(served.Files.Keys).Select(path => $"'/{path}' is missing").FirstOrDefault()
            ?? served.Files.Where(file => file.Key != ServiceFile && (!files.TryGetValue(file.Key, out var digest) || digest != file.Value)).Select(file => files.TryGetValue(file.Key, out var digest) ? $"'/{file.Key}' is {file.Value?.ToString() ?? "no file"}, not {digest}" : $"'/{file.Key}' is no file of it").FirstOrDefault();
        if (fault is not null)
        {
            throw Wrong("the model in the image is not that of the package which it names", fault);
        }

        var code = files.ContainsKey(folder + PackageFile.Code) ? PackageCode.Read(served.Told[folder + PackageFile.Code], $"/{folder}{PackageFile.CodeFolder.TrimEnd('/')}", artifact.Where) : null;
        if (!served.Told.TryGetValue(ServiceFile, out var service) || !Loads(service, folder, model, code))
        {
            throw Wrong("the service is told to load something else than the package's model", $"'/{ServiceFile}' does not name '/{folder}{PackageFile.Model}' alone, with its digest, and nothing from elsewhere");
        }

        Add("package", CheckResult.Passed, $"{name}, {files.Count} files as {package} has them");
        return served;
    }

    /// <summary>Whether the service is told what images of packages tell it, and nothing else: other members would open it to others, or to other files.</summary>
    private static bool Loads(byte[] service, string folder, Digest digest, DeployedCode? code)
    {
        using var json = JsonDocument.Parse(service, new() { MaxDepth = 32, AllowDuplicateProperties = false });
        if (!HasOnly(json.RootElement, "url", "models") || !json.RootElement.TryGetProperty("models", out var models) || models.ValueKind != JsonValueKind.Array || models.GetArrayLength() != 1 || !HasOnly(models[0], "name", "path", "digest", "code", "about"))
        {
            return false;
        }

        return Text(models[0], "name") == folder[ModelFolders.Length..^1]
            && Text(models[0], "path") == $"/{folder}{PackageFile.Model}"
            && Text(models[0], "digest") == digest.ToString()
            && (models[0].TryGetProperty("code", out var called) && called.ValueKind != JsonValueKind.Null ? code is not null && Calls(called, code) : code is null)
            && (!models[0].TryGetProperty("about", out _) || (Text(models[0], "about") is { } about && (about == $"/{folder.TrimEnd('/')}" || (about.StartsWith($"/{folder}", StringComparison.Ordinal) && PackageFile.IsPath(about[(folder.Length + 1)..])))));
    }

    /// <summary>Whether the service is told to call code as the package says: the same columns, functions and files.</summary>
    private static bool Calls(JsonElement told, DeployedCode code)
    {
        return HasOnly(told, "assembly", "files", "functions", "columns") && Text(told, "assembly") == code.Assembly
            && IsMap("files", code.Files) && IsMap("functions", code.Functions) && IsMap("columns", code.Columns);

        bool IsMap<T>(string name, IReadOnlyDictionary<string, T> expected)
            where T : notnull => told.TryGetProperty(name, out var map) && map.ValueKind == JsonValueKind.Object
            && map.EnumerateObject().Count() == expected.Count && expected.All(entry => Text(map, entry.Key) == entry.Value.ToString());
    }

    private static bool HasOnly(JsonElement told, params ReadOnlySpan<string> names)
    {
        if (told.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (var member in told.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                return false;
            }
        }

        return true;
    }

    private static string? Text(JsonElement told, string name) => told.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
