using System.Reflection;
using System.Runtime.Loader;

namespace MlOps.Scoring;

/// <summary>Loads a model's own code with the assemblies of packages beside it; whatever is not there, the product's libraries among it, is the host's.</summary>
/// <remarks>A package that the host uses in another version does not meet the host's.</remarks>
/// <param name="folder">Where the code and its packages lie.</param>
public sealed class CodeLoadContext(string folder) : AssemblyLoadContext(Path.GetFileName(folder))
{
    /// <summary>Loads a model's code.</summary>
    /// <param name="file">The assembly; its packages lie in the same folder.</param>
    public static Assembly Load(string file) => new CodeLoadContext(Path.GetDirectoryName(file)!).LoadFromAssemblyPath(file);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName) =>
        Path.Join(folder, assemblyName.Name + ".dll") is var file && File.Exists(file) ? LoadFromAssemblyPath(file) : null;
}
