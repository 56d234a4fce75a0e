using MlOps.Pipelines;
using Nuke.Common;
using Target = Nuke.Common.Target;

namespace MlOps.Build;

/// <summary>The targets that make packages and images, and tell what they are.</summary>
public interface IHazPackages : IHazWorkspace
{
    /// <summary>Inspect: a package, a file or an address.</summary>
    [Parameter("a package, NAME or NAME@VERSION; a file; or oci://HOST/REPOSITORY:TAG (Inspect)")] string? Artifact => TryGetValue(() => Artifact);

    /// <summary>Image: where archives go.</summary>
    [Parameter("a file or folder for images' archives (Image)")] string? Archive => TryGetValue(() => Archive);

    /// <summary>Image: whether a Docker engine gets them.</summary>
    [Parameter("load the images into the Docker engine (Image)")] bool Load => TryGetValue<bool?>(() => Load) ?? false;

    /// <summary>Keys: whether a pair is made.</summary>
    [Parameter("make a pair of keys (Keys)")] bool MakeKey => TryGetValue<bool?>(() => MakeKey) ?? false;

    /// <summary>Keys: how long it counts.</summary>
    [Parameter("how many days the new pair counts (Keys; default: no end)")] int? KeyDays => TryGetValue<int?>(() => KeyDays);

    /// <inheritdoc cref="Workspace.PackageAsync"/>
    Target Package => _ => _.Description(About(nameof(Package))).Executes(() => RunAsync(workspace => DryRun ? workspace.PlanAsync(null, default) : workspace.PackageAsync(default)));

    /// <inheritdoc cref="Workspace.ImageAsync"/>
    Target Image => _ => _.Description(About(nameof(Image))).Executes(() => RunAsync(workspace => DryRun ? workspace.PlanAsync(null, default) : workspace.ImageAsync(Archive, Load, false, default)));

    /// <inheritdoc cref="Workspace.Packages"/>
    Target Packages => _ => _.Description(About(nameof(Packages))).Executes(() => RunAsync(workspace => Task.FromResult(workspace.Packages())));

    /// <inheritdoc cref="Workspace.InspectAsync"/>
    Target Inspect => _ => _.Description(About(nameof(Inspect))).Requires(() => Artifact).Executes(() => RunAsync(workspace => workspace.InspectAsync(Artifact!, default)));

    /// <inheritdoc cref="Workspace.Keys"/>
    Target Keys => _ => _.Description(About(nameof(Keys))).Executes(() => RunAsync(workspace => Task.FromResult(workspace.Keys(MakeKey, KeyDays))));
}
