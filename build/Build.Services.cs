using MlOps.Pipelines;
using Nuke.Common;
using Target = Nuke.Common.Target;

namespace MlOps.Build;

/// <summary>The targets that start, try and end scoring services.</summary>
public interface IHazServices : IHazWorkspace
{
    /// <inheritdoc cref="Workspace.ServeAsync"/>
    Target Serve => _ => _.Description(About(nameof(Serve))).Executes(() => RunAsync(workspace => workspace.ServeAsync(Environment, default)));

    /// <inheritdoc cref="Workspace.ReleaseAsync"/>
    Target Release => _ => _.Description(About(nameof(Release))).Executes(() => RunAsync(workspace => workspace.ReleaseAsync(Environment, DryRun, default)));

    /// <inheritdoc cref="Workspace.StopAsync"/>
    Target Stop => _ => _.Description(About(nameof(Stop))).Executes(() => RunAsync(workspace => workspace.StopAsync(Environment, DryRun, default)));

    /// <inheritdoc cref="Workspace.SmokeAsync"/>
    Target Smoke => _ => _.Description(About(nameof(Smoke))).Executes(() => RunAsync(workspace => workspace.SmokeAsync(Environment, default)));
}
