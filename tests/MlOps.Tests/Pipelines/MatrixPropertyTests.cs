using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Pipelines;

/// <summary>A matrix is a way of writing: the steps are those that one would have written by hand.</summary>
public sealed class MatrixPropertyTests
{
    private static readonly string[] Words = ["north", "south", "x-1", "1.5", "a_b", "Z"];

    [Fact]
    public void A_matrix_gives_the_same_steps_as_writing_each_by_hand()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var axes = Enumerable.Range(0, random.Next(1, 4)).Select(i => (Name: $"{(char)('c' - i)}x", Values: random.GetItems(Words, random.Next(1, 4)).Distinct().ToArray())).ToArray();
            var matrix = new JsonObject(axes.Select(axis => KeyValuePair.Create(axis.Name, (JsonNode?)new JsonArray([.. axis.Values.Select(value => (JsonNode)value)]))));
            var names = axes.Select(axis => axis.Name).ToArray();
            var many = Steps(Declaration(names, name => $"${{{name}}}", matrix));

            var written = new Dictionary<string, Step>(StringComparer.Ordinal);
            foreach (var values in Combinations(axes))
            {
                var name = "t@" + string.Join(',', values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value}"));
                written.Add($"steps/{name}", Steps(Declaration(names, axis => values[axis], null)).Values.Single());
            }

            Assert.Equal(written.Keys.Order(StringComparer.Ordinal), many.Keys.Order(StringComparer.Ordinal));
            foreach (var (name, step) in written)
            {
                Assert.Equal(Shape(step), Shape(many[name]));
            }
        }
    }

    private static JsonObject Declaration(string[] axes, Func<string, string> value, JsonObject? matrix)
    {
        var text = string.Join('/', axes.Select(value));
        var declaration = new JsonObject
        {
            ["run"] = new JsonArray("sh", "-c", $"echo {text} > out/{text}", value(axes[0])),
            ["reads"] = new JsonArray($"in/{text}.csv", "fixed.csv"),
            ["writes"] = new JsonArray($"out/{text}"),
        };
        if (matrix is not null)
        {
            declaration["matrix"] = matrix;
        }

        return declaration;
    }

    private static IEnumerable<Dictionary<string, string>> Combinations((string Name, string[] Values)[] axes) =>
        axes.Aggregate((IEnumerable<Dictionary<string, string>>)[[]], (all, axis) => all.SelectMany(some => axis.Values.Select(value => new Dictionary<string, string>(some) { [axis.Name] = value })));

    private static Dictionary<string, Step> Steps(JsonObject declaration)
    {
        using var workspace = DeclaredWorkspace.Of($"\"steps\": {{ \"t\": {declaration.ToJsonString()} }}");
        return workspace.Steps();
    }

    /// <summary>All of a step but its name and place.</summary>
    private static string Shape(Step step) => string.Join('\n', CanonicalJson.Compact(step.Parameters), string.Join(' ', step.Inputs), string.Join(' ', step.Outputs), string.Join(' ', step.CheckedOut), step.Action);
}
