using MlOps.Pipelines;
using Nuke.Common;

namespace MlOps.Build;

/// <summary>The targets that start, try and end scoring services.</summary>
public interface IHazServices : IHazWorkspace
{
    /// <inheritdoc cref="Workspace.ServeAsync"/>
    Target Serve => _ => _.Description(About(nameof(Serve))).Executes(() => Run(workspace => workspace.ServeAsync(Environment, default)));

    /// <inheritdoc cref="Workspace.ReleaseAsync"/>
    Target Release => _ => _.Description(About(nameof(Release))).Executes(() => Run(workspace => workspace.ReleaseAsync(Environment, DryRun, default)));

    /// <inheritdoc cref="Workspace.StopAsync"/>
    Target Stop => _ => _.Description(About(nameof(Stop))).Executes(() => Run(workspace => workspace.StopAsync(Environment, default)));

    /// <inheritdoc cref="Workspace.SmokeAsync"/>
    Target Smoke => _ => _.Description(About(nameof(Smoke))).Executes(() => Run(workspace => workspace.SmokeAsync(Environment, default)));
}
