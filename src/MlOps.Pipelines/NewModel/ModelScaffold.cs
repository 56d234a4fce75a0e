using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode.Packages;

namespace MlOps.Pipelines.NewModel;

/// <summary>Writes a new model's files; <c>nuke.json</c> last, so that a kill before leaves the workspace as it was. A failure takes back all that was written.</summary>
internal sealed class ModelScaffold(string root, NewModelRequest request)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Undo _undo = new();
    private readonly List<string> _written = [];

    private string Folder => $"models/{request.Name}";

    private string DataFile => $"{Folder}/data/{request.Name}.csv";

    /// <summary>Refuses a name that is taken.</summary>
    /// <exception cref="DiagnosticException">The model or the dataset exists already (MLO2072).</exception>
    public void CheckName()
    {
        if (Directory.Exists(Path.Combine(root, Folder)) || ReadManifest()["data"]?[request.Name] is not null)
        {
            throw new DiagnosticException(new Diagnostic("MLO2072", $"'{request.Name}' exists already")
            {
                Where = Directory.Exists(Path.Combine(root, Folder)) ? Folder : WorkspaceDefinition.FileName,
                Why = "New never changes a model that is there",
                Mend = $"choose another name, or remove {Folder} and its line in {WorkspaceDefinition.FileName} first",
            });
        }
    }

    /// <summary>The files written, relative to the workspace.</summary>
    /// <param name="model">What is declared.</param>
    /// <param name="code">Its C# file, if it has one.</param>
    /// <param name="check">Whether the workspace is sound with them.</param>
    /// <exception cref="DiagnosticException">The folder cannot be written (MLO2073), or the check fails.</exception>
    public async Task<IReadOnlyList<string>> WriteAsync(ModelManifest model, CodeDraft? code, Action check, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAllAsync(model, code, cancellationToken);
            check();
            _undo.Keep();
            return _written;
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            var lost = IoFailure.Describe(failure, root);
            throw new DiagnosticException(new Diagnostic("MLO2073", "the workspace cannot be written")
            {
                Where = root,
                Why = $"{lost.What}: {lost.Why}",
                Mend = "check permissions and free space, then run it again; nothing was kept",
            });
        }
        finally
        {
            _undo.TakeBack();
        }
    }

    private async Task WriteAllAsync(ModelManifest model, CodeDraft? code, CancellationToken cancellationToken)
    {
        var manifest = ReadManifest();
        var data = Path.Combine(root, DataFile);
        _undo.CreateFolder(Path.GetDirectoryName(data)!);
        _undo.WillWrite(data);
        await using (var from = File.OpenRead(request.Data))
        await using (var to = File.Create(data))
        {
            // Bytes alone: a read-only original does not make the workspace's copy read-only.
            await from.CopyToAsync(to, cancellationToken);
        }

        _written.Add(DataFile);
        if (new FileInfo(data).Length > DatasetBytes.LargeBytes)
        {
            _undo.CreateFolder(Path.Combine(root, ".mlops"));
            new ContentStore(Path.Join(root, ".mlops", "store")).PutFile(data);
            await WriteAsync($"{Folder}/data/.gitignore", $"# too large for git: the store keeps its bytes, data.lock.json their digest\n{request.Name}.csv\n", cancellationToken);
            _written.Add("(the data is over 10 MB: git ignores it, the store keeps it)");
        }

        if (code is not null)
        {
            await WriteAsync($"{Folder}/{code.File}", code.Text, cancellationToken);
            await WriteIfAbsentAsync(PackageDeclaration.File, EditorProject.Text(root), cancellationToken);
        }

        await WriteAsync($"{Folder}/model.json", Text(Json(WithSchema(model))), cancellationToken);
        await BeginWorkspaceAsync(cancellationToken);
        var datasets = manifest["data"]?.AsObject() ?? [];
        manifest["data"] ??= datasets;
        datasets[request.Name] = new JsonObject { ["path"] = DataFile };
        await WriteAsync(WorkspaceDefinition.FileName, Text(manifest), cancellationToken);
    }

    private static JsonObject Json(ModelManifest model)
    {
        var json = ManifestJson.Of(model);
        json.Remove("steps");
        return json;
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

            var home = Path.Combine(root, ".mlops", "home");
            _undo.CreateFolder(Path.GetDirectoryName(home)!);
            _undo.WillWrite(home);
            await File.WriteAllTextAsync(home, Product.Folder + "\n", cancellationToken);
        }
    }

    private JsonObject ReadManifest()
    {
        var path = Path.Combine(root, WorkspaceDefinition.FileName);
        if (File.Exists(path))
        {
            // Checked as strictly as any target would, before anything is added to it.
            var found = new List<Diagnostic>();
            new DeclarationReader(root, _ => { }, found).Workspace();
            return found.Count > 0 ? throw new DiagnosticException(found) : JsonNode.Parse(WorkspaceFiles.Read(root, WorkspaceDefinition.FileName))!.AsObject();
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
        _undo.WillWrite(temporary);
        await File.WriteAllTextAsync(temporary, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        _undo.WillWrite(path);
        File.Move(temporary, path, overwrite: true);
        _written.Add(file);
    }

    private static string Text(JsonNode json) => json.ToJsonString(Indented) + "\n";
}
