using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.NewModel;

/// <summary>Writes a new model's files; <c>nuke.json</c> last, so that a kill before leaves the workspace as it was.</summary>
internal sealed class ModelScaffold(string root, NewModelRequest request, ModelDraft draft)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<string> _written = [];

    private string Folder => $"models/{request.Name}";

    private string DataFile => $"{Folder}/data/{request.Name}.csv";

    /// <summary>The files written, relative to the workspace.</summary>
    /// <exception cref="DiagnosticException">The model or the dataset exists already (MLO2072), or the folder cannot be written (MLO2073).</exception>
    public async Task<IReadOnlyList<string>> WriteAsync(CancellationToken cancellationToken)
    {
        var manifest = ReadManifest();
        if (Directory.Exists(Path.Combine(root, Folder)) || manifest["data"]?[request.Name] is not null)
        {
            throw new DiagnosticException(new Diagnostic("MLO2072", $"'{request.Name}' exists already")
            {
                Where = Directory.Exists(Path.Combine(root, Folder)) ? Folder : WorkspaceDefinition.FileName,
                Mend = "choose another name, or remove it first",
            });
        }

        try
        {
            Directory.CreateDirectory(root);
            await WriteAllAsync(manifest, cancellationToken);
            return _written;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            TryRemove();
            throw new DiagnosticException(new Diagnostic("MLO2073", "the workspace cannot be written")
            {
                Where = root,
                Why = failure.Message,
                Mend = "check permissions and free space, then run it again; nothing was kept",
            });
        }
    }

    private async Task WriteAllAsync(JsonObject manifest, CancellationToken cancellationToken)
    {
        var data = Path.Combine(root, DataFile);
        Directory.CreateDirectory(Path.GetDirectoryName(data)!);
        File.Copy(request.Data, data);
        _written.Add(DataFile);
        if (new FileInfo(data).Length > ImportAction.LargeBytes)
        {
            new ContentStore(Path.Join(root, ".mlops", "store")).PutFile(data);
            await WriteAsync($"{Folder}/data/.gitignore", $"# too large for git: the store keeps its bytes, data.lock.json their digest\n{request.Name}.csv\n", cancellationToken);
            _written.Add("(the data is over 10 MB: git ignores it, the store keeps it)");
        }

        await WriteAsync($"{Folder}/model.json", Text(JsonSerializer.SerializeToNode(WithSchema(draft.Manifest), ManifestJson.Default.ModelManifest)!), cancellationToken);
        await BeginWorkspaceAsync(cancellationToken);
        var datasets = manifest["data"]?.AsObject() ?? [];
        manifest["data"] ??= datasets;
        datasets[request.Name] = new JsonObject { ["path"] = DataFile };
        await WriteAsync(WorkspaceDefinition.FileName, Text(manifest), cancellationToken);
    }

    private ModelManifest WithSchema(ModelManifest manifest) =>
        File.Exists(Path.Combine(root, "build", "schema", "model.schema.json")) ? manifest with { Schema = "../../build/schema/model.schema.json" } : manifest;

    /// <summary>In a folder without them: scripts that find this product, and what git should know.</summary>
    private async Task BeginWorkspaceAsync(CancellationToken cancellationToken)
    {
        await WriteIfAbsentAsync("build.sh", Launcher.Shell, cancellationToken);
        await WriteIfAbsentAsync("build.ps1", Launcher.PowerShell, cancellationToken);
        await WriteIfAbsentAsync(".gitignore", "# computed; nothing here is a source\n.mlops/\n", cancellationToken);
        await WriteIfAbsentAsync(".gitattributes", "# content is hashed: the same bytes on every machine\n* text=auto eol=lf\n*.csv -text\n", cancellationToken);
        if (_written.Contains("build.sh"))
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path.Combine(root, "build.sh"), (UnixFileMode)0b111_101_101);
            }

            Directory.CreateDirectory(Path.Combine(root, ".mlops"));
            await File.WriteAllTextAsync(Path.Combine(root, ".mlops", "home"), Product.Folder + "\n", cancellationToken);
        }
    }

    private JsonObject ReadManifest()
    {
        var path = Path.Combine(root, WorkspaceDefinition.FileName);
        if (File.Exists(path))
        {
            // Checked as strictly as any target would, before anything is added to it.
            var bytes = WorkspaceFiles.Read(root, WorkspaceDefinition.FileName);
            StrictJson.Read(WorkspaceDefinition.FileName, bytes, ManifestJson.Default.WorkspaceManifest);
            return JsonNode.Parse(bytes)!.AsObject();
        }

        var name = new string([.. Path.GetFileName(Path.TrimEndingDirectorySeparator(root)).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]).TrimStart('-', '_');
        return new()
        {
            ["name"] = name.Length == 0 ? "workspace" : name[..Math.Min(64, name.Length)],
            ["data"] = new JsonObject(),
            ["environments"] = new JsonObject { ["local"] = new JsonObject { ["driver"] = "process", ["port"] = 8085 } },
        };
    }

    private async Task WriteIfAbsentAsync(string file, string text, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(root, file)))
        {
            await WriteAsync(file, text, cancellationToken);
        }
    }

    private async Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        var path = Path.Combine(root, file);
        var temporary = path + ".new";
        await File.WriteAllTextAsync(temporary, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        File.Move(temporary, path, overwrite: true);
        _written.Add(file);
    }

    private void TryRemove()
    {
        try
        {
            Directory.Delete(Path.Combine(root, Folder), recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be written can hardly be removed; the first failure is the one to tell.
        }
    }

    private static string Text(JsonNode json) => json.ToJsonString(Indented) + "\n";
}
