using MlOps.Content;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.NewModel;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Makes a model from a CSV file: copies the data, infers what it can, writes <c>model.json</c> and enters the dataset in <c>nuke.json</c>.</summary>
    /// <remarks>Where there is no workspace it begins one in <see cref="WorkspaceOptions.Root"/>, or in the current folder.</remarks>
    /// <param name="dryRun">Only says what would be inferred and written.</param>
    /// <exception cref="DiagnosticException">The request, the data or the workspace is bad; no file was changed.</exception>
    public static async Task<Outcome> NewAsync(NewModelRequest request, WorkspaceOptions options, bool dryRun, IReporter reporter, CancellationToken cancellationToken)
    {
        var root = options.Root ?? NearestWorkspace() ?? Directory.GetCurrentDirectory();
        options = options with { Root = root, Models = [], ForceStep = null };
        if (File.Exists(Path.Combine(root, WorkspaceDefinition.FileName)))
        {
            _ = Open(options, reporter);
        }

        var scaffold = new ModelScaffold(root, request);
        scaffold.CheckName();
        var model = await ModelDraft.InferAsync(request, cancellationToken);
        foreach (var warning in model.Warnings)
        {
            reporter.Warn(warning);
        }

        var written = dryRun ? [] : await scaffold.WriteAsync(model.Manifest, model.Code, () => Open(options, reporter), cancellationToken);
        return new(ExitCode.Done, model.Text(written), model.Json(written));
    }

    private static string? NearestWorkspace()
    {
        try
        {
            return WorkspaceFiles.FindRoot(null);
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }
}
