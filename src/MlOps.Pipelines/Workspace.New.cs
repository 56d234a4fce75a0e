using MlOps.Content;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.NewModel;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>Makes a model from a CSV file: copies the data, infers what it can, writes <c>model.json</c> and enters the dataset in <c>nuke.json</c>.</summary>
    /// <remarks>Where there is no workspace it begins one in <see cref="WorkspaceOptions.Root"/>, or in the current folder.</remarks>
    /// <exception cref="DiagnosticException">The request or the data is bad; no file was changed.</exception>
    public static async Task<Outcome> NewAsync(NewModelRequest request, WorkspaceOptions options, IReporter reporter, CancellationToken cancellationToken)
    {
        var root = options.Root ?? NearestWorkspace() ?? Directory.GetCurrentDirectory();
        var model = await ModelDraft.InferAsync(request, cancellationToken);
        foreach (var warning in model.Warnings)
        {
            reporter.Warn(warning);
        }

        var written = await new ModelScaffold(root, request, model).WriteAsync(cancellationToken);
        _ = Open(options with { Root = root, Models = [], ForceStep = null }, reporter);
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
