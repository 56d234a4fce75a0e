using MlOps.Code;

namespace MlOps.Pipelines.ModelCode;

/// <summary>A model's compiled code as it ships: its assembly without a trace of symbols, so that a comment ships nothing new, and the assemblies that it needs.</summary>
internal static class DeployableCode
{
    private const string Own = "Models.";

    /// <summary>The files by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files(CompiledModel compiled) => Directory.GetFiles(Path.GetDirectoryName(compiled.Assembly)!, "*.dll").ToDictionary(
        file => Path.GetFileName(file),
        file => file == compiled.Assembly ? PlainAssembly.Of(File.ReadAllBytes(file)) : File.ReadAllBytes(file),
        StringComparer.Ordinal);

    /// <summary>The model's own assembly among such files.</summary>
    public static string Assembly(IEnumerable<string> files) => files.Single(file => file.StartsWith(Own, StringComparison.Ordinal));
}
