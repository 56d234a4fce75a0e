using System.Reflection;
using System.Text;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions;

/// <summary>The code part of the built-in steps: one digest per action over the assemblies that it runs.</summary>
/// <remarks>The build writes the digests of the deterministic, path-mapped IL to <c>code.json</c> beside the host, before ReadyToRun changes the files;
/// where that file is absent (tests), the assemblies themselves are taken.</remarks>
internal sealed class CodeDigests
{
    private static readonly string[] Reading = ["MlOps.Content", "MlOps.Data", "MlOps.Pipelines"];
    private static readonly string[] Learning = [.. Reading, "MlOps.Learning", "MlOps.Scoring"];

    private readonly Lazy<Dictionary<string, Digest>> _assemblies = new(static () => Load(AppContext.BaseDirectory));

    /// <summary>The digest of an action's code.</summary>
    /// <param name="trainer">The assembly of the trainer that the action runs; it counts where it is none of the product's own.</param>
    public Digest Of(string action, Assembly? trainer = null)
    {
        var text = new StringBuilder();
        foreach (var assembly in action is "import" or "pin" ? Reading : Learning)
        {
            text.Append(assembly).Append(' ').Append(_assemblies.Value[assembly]).Append('\n');
        }

        if (trainer is not null && !Learning.Contains(trainer.GetName().Name))
        {
            text.Append(trainer.GetName().Name).Append(' ').Append(Digest.Of(File.ReadAllBytes(trainer.Location))).Append('\n');
        }

        return Digest.Of(text.ToString());
    }

    /// <summary>The digest of all of this product that plans and runs steps.</summary>
    public Digest Product => Digest.Of(string.Concat(_assemblies.Value.OrderBy(assembly => assembly.Key, StringComparer.Ordinal).Select(assembly => $"{assembly.Key} {assembly.Value}\n"))
        + Digest.Of(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "MlOps.Engine.dll"))));

    private static Dictionary<string, Digest> Load(string folder)
    {
        var manifest = Path.Combine(folder, "code.json");
        if (File.Exists(manifest))
        {
            return JsonTree.Parse("code.json", File.ReadAllBytes(manifest)).Members
                .ToDictionary(member => member.Key, member => Digest.Parse(member.Value.Text), StringComparer.Ordinal);
        }

        return Learning.ToDictionary(name => name, name => Digest.Of(File.ReadAllBytes(Path.Combine(folder, name + ".dll"))), StringComparer.Ordinal);
    }
}
