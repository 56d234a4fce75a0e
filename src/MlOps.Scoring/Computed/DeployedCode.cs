using System.Text;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>A model's own code as it is deployed: what computes some of its inputs, and of what.</summary>
/// <param name="Assembly">The compiled code; its folder holds all that it needs.</param>
/// <param name="Files">The files of that folder by name; others are not looked at.</param>
/// <param name="Functions">What each function does, by its name, as it was when the model was trained.</param>
/// <param name="Columns">What the functions take, as it was in training.</param>
public sealed record DeployedCode(
    string Assembly, IReadOnlyDictionary<string, Digest> Files, IReadOnlyDictionary<string, Digest> Functions, IReadOnlyDictionary<string, ColumnType> Columns)
{
    /// <summary>What it does: the functions and their columns. Files count by what the functions are, so that a comment is no other code.</summary>
    public Digest Identity()
    {
        var text = new StringBuilder("code 1\n");
        foreach (var function in Functions.OrderBy(function => function.Key, StringComparer.Ordinal))
        {
            text.Append("function ").Append(function.Key).Append(' ').Append(function.Value).Append('\n');
        }

        foreach (var column in Columns.OrderBy(column => column.Key, StringComparer.Ordinal))
        {
            text.Append("column ").Append(column.Value).Append(' ').Append(column.Key).Append('\n');
        }

        return Digest.Of(text.ToString());
    }

    /// <summary>What is wrong with the files, null for nothing: one is not there, or has other bytes than its digest says, or one is there that nobody named.</summary>
    /// <param name="model">Whose code it is.</param>
    public Diagnostic? Fault(string model)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(Assembly))!;
        foreach (var (name, digest) in Files)
        {
            try
            {
                if (Digest.Of(File.ReadAllBytes(Path.Join(folder, name))) is var actual && actual != digest)
                {
                    return Wrong(name, $"it is {actual}, not {digest}");
                }
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return Wrong(name, unreadable.Message);
            }
        }

        // An assembly that is merely there would be loaded as readily as one that was deployed.
        return Directory.EnumerateFiles(folder, "*.dll").Select(file => Path.GetFileName(file)).FirstOrDefault(name => !Files.ContainsKey(name)) is { } stranger ? Wrong(stranger, "it was not deployed")
            : Files.ContainsKey(Path.GetFileName(Assembly)) ? null : Wrong(Path.GetFileName(Assembly), "it has no digest");

        Diagnostic Wrong(string name, string why) => new("MLO7150", $"the code of model '{model}' is damaged or other code")
        {
            Where = Path.Join(folder, name),
            Why = why,
            Mend = "release it again: ./build.sh Release",
        };
    }
}
