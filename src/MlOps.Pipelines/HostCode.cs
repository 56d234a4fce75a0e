using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines;

/// <summary>What the build of the host writes beside it: the code of the built-in steps.</summary>
public static class HostCode
{
    /// <summary>The word that the build calls the new host with; the assemblies follow.</summary>
    public const string Command = "--write-code";

    /// <summary>Writes <c>code.json</c> and <c>code/</c> into the host's folder.</summary>
    /// <param name="assemblies">The host's, as the compiler wrote them.</param>
    public static void Write(IEnumerable<string> assemblies) => CodeDigests.Write(AppContext.BaseDirectory, assemblies);
}
