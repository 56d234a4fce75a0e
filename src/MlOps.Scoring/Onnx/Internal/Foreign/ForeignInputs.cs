using MlOps.Content;
using MlOps.Data;

namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Finds the wanted columns among a foreign graph's inputs.</summary>
internal static class ForeignInputs
{
    /// <summary>What each input stands for.</summary>
    /// <exception cref="DiagnosticException">MLO5013: all inputs and columns that do not fit each other.</exception>
    public static Dictionary<string, ForeignValue> Read(OnnxGraph graph, IReadOnlyList<InputColumn> wanted)
    {
        var names = InputNames.For(wanted);
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            byName[names[i]] = i;
        }

        for (var i = 0; i < names.Length; i++)
        {
            byName[wanted[i].Name] = i;
        }

        var constants = graph.Initializers.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = graph.Inputs.Where(input => !constants.Contains(input.Name)).ToList();
        var found = new List<string>();
        var values = inputs is [var only] && !byName.ContainsKey(only.Name)
            ? new(StringComparer.Ordinal) { [only.Name] = Matrix(only, wanted, found) }
            : Columns(inputs, wanted, byName, found);
        return found.Count == 0 ? values : throw new DiagnosticException([.. found.Select(why => new Diagnostic("MLO5013", "the ONNX model's inputs are not the model's features")
        {
            Why = why,
            Mend = "let the program write one input per feature, called as its column: float32 [N, 1] for numeric and boolean, string [N, 1] for categorical; or one float32 [N, features] in the order of train.csv",
        })]);
    }

    private static Block Matrix(OnnxValue input, IReadOnlyList<InputColumn> wanted, List<string> found)
    {
        if (input.Type != ElementType.Float)
        {
            found.Add($"input '{input.Name}' is no tensor of float32");
        }

        if (wanted.FirstOrDefault(column => !IsNumber(column.Kind)) is { } text)
        {
            found.Add($"input '{input.Name}' is the only one and none of the features, and feature '{text.Name}' is {Word(text.Kind)}, which does not fit into a matrix of numbers");
        }

        if (input.Dims is not [_, var width] || (width ?? wanted.Count) != wanted.Count)
        {
            found.Add($"input '{input.Name}' has shape [{string.Join(", ", input.Dims.Select(dim => dim?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "N"))}], but there are {wanted.Count} features: [N, {wanted.Count}]");
        }

        return new([.. wanted.Select(column => new NumericEncoder(column.Name))]);
    }

    private static Dictionary<string, ForeignValue> Columns(
        List<OnnxValue> inputs, IReadOnlyList<InputColumn> wanted, Dictionary<string, int> byName, List<string> found)
    {
        var values = new Dictionary<string, ForeignValue>(StringComparer.Ordinal);
        var taken = new bool[wanted.Count];
        foreach (var input in inputs)
        {
            if (!byName.TryGetValue(input.Name, out var i))
            {
                found.Add($"input '{input.Name}' is no feature" + (Diagnostic.Nearest(input.Name, wanted.Select(column => column.Name)) is { } near ? $"; is '{near}' meant?" : ""));
                continue;
            }

            var column = wanted[i];
            if (column.Kind == FeatureKind.Timestamp)
            {
                found.Add($"feature '{column.Name}' is timestamp, which only the built-in trainers take");
            }
            else if (input.Type != InputNames.ElementOf(column.Kind))
            {
                found.Add($"input '{input.Name}' is no tensor of {(IsNumber(column.Kind) ? "float32" : "string")}, but feature '{column.Name}' is {Word(column.Kind)}");
            }
            else if (input.Dims is not [_, 1 or null])
            {
                found.Add($"input '{input.Name}' has another shape than [N, 1]");
            }

            found.AddRange(taken[i] ? [$"feature '{column.Name}' has two inputs"] : []);
            taken[i] = true;
            values[input.Name] = new Block([IsNumber(column.Kind) ? new NumericEncoder(column.Name) : new TextCells(column.Name)]);
        }

        found.AddRange(wanted.Where((_, i) => !taken[i]).Select(column => $"feature '{column.Name}' has no input"));
        return values;
    }

    private static bool IsNumber(FeatureKind kind) => kind is FeatureKind.Numeric or FeatureKind.Boolean;

    private static string Word(FeatureKind kind) => kind.ToString().ToLowerInvariant();
}
