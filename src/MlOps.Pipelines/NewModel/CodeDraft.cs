using System.Text;
using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.NewModel;

/// <summary>The C# file that a new model begins with: a function for its table, and a column computed from what the table has.</summary>
/// <param name="File">Its name.</param>
/// <param name="Text">What stands in it.</param>
/// <param name="Manifest">The model that uses it.</param>
internal sealed record CodeDraft(string File, string Text, ModelManifest Manifest)
{
    // The file's own code means types by these names.
    private static readonly string[] Taken = ["DateTimeOffset", "DayOfWeek", "Enumerable", "Frame", "MlOps", "System"];

    private static readonly string[] Keywords = ("abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern " +
        "false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override params private protected public readonly ref " +
        "return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using virtual void volatile while").Split(' ');

    /// <summary>Code that suits a table.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="manifest">What is declared without code.</param>
    /// <param name="table">What it is learnt from.</param>
    public static CodeDraft Of(string model, ModelManifest manifest, Frame table)
    {
        var space = Identifier(model) is var name && Taken.Contains(name) ? name + "Model" : name;
        var example = Suiting(manifest, table);
        var feature = Unused(Camel(example.Name), table);
        var options = FeatureOptions.Of(example.Kind) with { Code = $"{space}.Functions.{example.Name}", From = example.From };
        return new($"{space}.cs", $$"""
            using MlOps.Data;

            // A namespace for each model: editors compile all of them together.
            namespace {{space}};

            /// <summary>What model.json names of {{model}}'s own code: public static methods.</summary>
            public static class Functions
            {
                /// <summary>The table that is learnt from: the rows whose label is known. Scoring does not do this.</summary>
                public static Frame Prepare(Frame table)
                {
                    var label = table[{{Literal(manifest.Label)}}];
                    return table.Select([.. Enumerable.Range(0, table.RowCount).Where(row => !label.IsMissing(row))]);
                }

                /// <summary>The feature '{{feature}}', row by row: in training and in scoring.</summary>
                public static {{example.Result}} {{example.Name}}({{example.Parameters}}) => {{example.Body}};
            }

            """, manifest with
        {
            Prepare = [new() { Code = $"{space}.Functions.Prepare" }],
            Features = new(manifest.Features.Append(KeyValuePair.Create(feature, options)), StringComparer.Ordinal),
        });
    }

    private static Example Suiting(ModelManifest manifest, Frame table)
    {
        List<(string Column, FeatureKind Kind)> features = [.. manifest.Features.Select(feature => (feature.Key, feature.Value.Kind))];
        var numbers = features.Where(feature => feature.Kind == FeatureKind.Numeric && table[feature.Column] is NumberColumn).Select(feature => feature.Column).ToList();
        return features.FirstOrDefault(feature => Enumerable.Range(0, table.RowCount).Any(table[feature.Column].IsMissing)).Column is { } gaps ? Missing(gaps, table)
            : numbers is [var above, var below, ..] && Identifier(above) != Identifier(below)
                ? new($"{Identifier(above)}Per{Identifier(below)}", "double?", $"double {Parameter(above)}, double {Parameter(below)}", $"{Parameter(below)} == 0 ? null : {Parameter(above)} / {Parameter(below)}", FeatureKind.Numeric, [above, below])
            : features.FirstOrDefault(feature => table[feature.Column] is TimestampColumn).Column is { } time
                ? new($"{Identifier(time)}IsWeekend", "bool", $"DateTimeOffset {Parameter(time)}", $"{Parameter(time)}.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday", FeatureKind.Boolean, [time])
            : features.FirstOrDefault(feature => feature.Kind == FeatureKind.Text).Column is { } text
                ? new($"{Identifier(text)}Length", "double", $"string {Parameter(text)}", $"{Parameter(text)}.Length", FeatureKind.Numeric, [text])
            : Missing(features[0].Column, table);
    }

    private static Example Missing(string column, Frame table) =>
        new($"{Identifier(column)}IsMissing", "bool", $"{TypeOf(table[column])}? {Parameter(column)}", $"{Parameter(column)} is null", FeatureKind.Boolean, [column]);

    private static string TypeOf(Column column) => column switch
    {
        NumberColumn => "double",
        BooleanColumn => "bool",
        TimestampColumn => "DateTimeOffset",
        _ => "string",
    };

    private static string Unused(string name, Frame table)
    {
        while (table.TryGet(name, out _))
        {
            name += "Computed";
        }

        return name;
    }

    /// <summary>As types are called; letters and digits of the name, each part of it with a capital.</summary>
    private static string Identifier(string name)
    {
        var text = new StringBuilder();
        var begins = true;
        foreach (var letter in name)
        {
            if (char.IsLetterOrDigit(letter))
            {
                text.Append(begins ? char.ToUpperInvariant(letter) : letter);
            }

            begins = !char.IsLetterOrDigit(letter);
        }

        return text.Length > 0 && char.IsLetter(text[0]) ? text.ToString() : $"Column{text}";
    }

    private static string Parameter(string column) => Camel(Identifier(column)) is var name && Keywords.Contains(name) ? "@" + name : name;

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    // What JSON escapes, C# escapes alike.
    private static string Literal(string value)
    {
        var text = new StringBuilder();
        CanonicalJson.WriteString(text, value);
        return text.ToString();
    }

    private sealed record Example(string Name, string Result, string Parameters, string Body, FeatureKind Kind, IReadOnlyList<string> From);
}
