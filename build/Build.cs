using Nuke.Common;

namespace MlOps.Build;

/// <summary>The build as NUKE runs it: the same targets as the fast host, one line each; a team adds its own beside them.</summary>
public sealed class Build : NukeBuild, IHazProduct, IHazModels, IHazPackages, IHazServices
{
    /// <summary>NUKE's entry; without a target it trains.</summary>
    public static int Main() => Execute<Build>(x => ((IHazModels)x).Train);
}
