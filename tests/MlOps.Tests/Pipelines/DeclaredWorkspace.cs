using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Definitions;

namespace MlOps.Tests.Pipelines;

/// <summary>Declarations in a folder of their own, read as the product reads them.</summary>
internal sealed class DeclaredWorkspace : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("mlops-declared-").FullName;

    /// <summary>A workspace whose <c>nuke.json</c> has this beside its name.</summary>
    public static DeclaredWorkspace Of(string members)
    {
        var workspace = new DeclaredWorkspace();
        workspace.Write("nuke.json", $"{{ \"name\": \"many\",\n{members} }}");
        return workspace;
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, path))!);
        File.WriteAllText(Path.Combine(Root, path), text);
    }

    public WorkspaceDefinition Load(Action<string>? observe = null) => WorkspaceDefinition.Load(Root, observe);

    /// <summary>The steps by name.</summary>
    public Dictionary<string, Step> Steps() => new StepFactory(Load(), new CodeDigests(), new BuildMirror(Root)).Graph().Steps.ToDictionary(step => step.Name.Value, StringComparer.Ordinal);

    /// <summary>What is wrong, of which there is one.</summary>
    public Diagnostic Refused() => Assert.Single(Assert.Throws<DiagnosticException>(() => Steps()).Diagnostics);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
