using System.Globalization;
using MlOps.Data;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Identifiers for columns, since ONNX wants names that are C identifiers.</summary>
internal static class InputNames
{
    /// <summary>One per input: the column's name with an underscore for every other character; a number after it where that is taken.</summary>
    public static string[] For(IReadOnlyList<InputColumn> inputs)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal) { GraphWriter.Prediction, GraphWriter.Label, GraphWriter.Probabilities };
        var names = new string[inputs.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var name = string.Concat(inputs[i].Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            name = name.Length == 0 || char.IsAsciiDigit(name[0]) ? $"_{name}" : name;
            names[i] = name;
            for (var n = 2; !taken.Add(names[i]); n++)
            {
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{name}_{n}");
            }
        }

        return names;
    }

    public static ElementType ElementOf(FeatureKind kind) => kind switch
    {
        FeatureKind.Numeric or FeatureKind.Boolean => ElementType.Float,
        FeatureKind.Timestamp => ElementType.Int64,
        _ => ElementType.Text,
    };
}
