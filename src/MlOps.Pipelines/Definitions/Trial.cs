using System.Text;
using System.Text.Json;
using MlOps.Content;

namespace MlOps.Pipelines.Definitions;

/// <summary>Values that stand in place of a model's declared ones for one command: <c>trainer.leaves=63</c>.</summary>
internal sealed class Trial
{
    private readonly List<(string[] Path, JsonTree Value)> _changes;
    private readonly IReadOnlyCollection<string> _models;

    /// <summary>The options that models search as a rule and that are set here instead; known once these were read.</summary>
    public SortedSet<string> NotSearched { get; } = new(StringComparer.Ordinal);

    private Trial(List<(string[] Path, JsonTree Value)> changes, IReadOnlyCollection<string> models) => (_changes, _models) = (changes, models);

    /// <summary>Reads <c>PATH=VALUE</c>: names joined by dots, and a JSON value, or else a text.</summary>
    /// <param name="words">In the order given; the last one wins.</param>
    /// <param name="models">The models that are meant; all when empty.</param>
    /// <exception cref="DiagnosticException">MLO2175: a word is not of that form.</exception>
    public static Trial Of(IReadOnlyList<string> words, IReadOnlyCollection<string> models) => new([.. words.Select(Change)], models);

    /// <summary>A model's declaration with the values in place.</summary>
    /// <exception cref="DiagnosticException">MLO2176: a name on the way is no object.</exception>
    public JsonTree Apply(string model, string file, JsonTree declaration) =>
        _models.Count > 0 && !_models.Contains(model) ? declaration : Unsearched(_changes.Aggregate(declaration, (tree, change) => Set(tree, change.Path, change.Value, file)));

    /// <summary>What is set is not searched as well; where nothing is left to search, nothing is tuned.</summary>
    private JsonTree Unsearched(JsonTree tree)
    {
        if (tree.Find("tune") is not { Kind: JsonTokenType.StartObject } tune || tune.Find("search") is not { Kind: JsonTokenType.StartObject } search)
        {
            return tree;
        }

        var given = _changes.Where(change => change.Path[0] == "trainer").Select(change => string.Join('.', change.Path[1..])).ToList();
        var left = search.Members.Where(option => !given.Exists(path => path.Length == 0 || path == option.Key || option.Key.StartsWith(path + ".", StringComparison.Ordinal))).ToList();
        NotSearched.UnionWith(search.Members.Except(left).Select(option => option.Key));
        var searchLeft = JsonTree.Object(search.Line, left);
        return left.Count == search.Members.Count ? tree
            : JsonTree.Object(tree.Line, [.. tree.Members.Where(member => left.Count > 0 || member.Key != "tune").Select(member => member.Key == "tune"
                ? KeyValuePair.Create("tune", JsonTree.Object(tune.Line, [.. tune.Members.Select(part => part.Key == "search" ? KeyValuePair.Create("search", searchLeft) : part)])) : member)]);
    }

    private static (string[] Path, JsonTree Value) Change(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var path = equals < 0 ? [] : word[..equals].Split('.');
        if (path.Length == 0 || path.Contains(""))
        {
            throw new DiagnosticException(new Diagnostic("MLO2175", $"'{word}' sets nothing")
            {
                Why = "--set takes names of model.json joined by dots, an equals sign and a value",
                Mend = "for instance --set trainer.leaves=63",
            });
        }

        return (path, Value(word[(equals + 1)..]));
    }

    private static JsonTree Value(string text)
    {
        try
        {
            return JsonTree.Parse("--set", Encoding.UTF8.GetBytes(text));
        }
        catch (DiagnosticException)
        {
            // A shell takes the quotes off a text.
            return JsonTree.String(1, text);
        }
    }

    private static JsonTree Set(JsonTree tree, ReadOnlySpan<string> path, JsonTree value, string file)
    {
        if (path.Length == 0)
        {
            return value.For(tree.Line);
        }

        if (tree.Kind != JsonTokenType.StartObject)
        {
            throw new DiagnosticException(new Diagnostic("MLO2176", $"'{path[0]}' cannot be set here")
            {
                Where = $"{file}:{tree.Line}",
                Why = "what stands there is no object",
                Mend = "name a value of model.json by the names on the way to it",
            });
        }

        var name = path[0];
        var inner = Set(tree.Find(name) ?? JsonTree.Object(tree.Line, []), path[1..], value, file);
        var members = tree.Members.Select(member => member.Key == name ? KeyValuePair.Create(name, inner) : member).ToList();
        return JsonTree.Object(tree.Line, tree.Find(name) is null ? [.. members, KeyValuePair.Create(name, inner)] : members);
    }
}
