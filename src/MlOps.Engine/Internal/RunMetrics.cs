using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The numbers in a step's metrics files, by names that are flat.</summary>
/// <remarks>JSON: members are joined by dots, elements of arrays by their position; what is no number is left out. CSV with a header: one row gives a number per column;
/// more rows are named by their first column, with the column's name after a dot where there are several.</remarks>
internal static class RunMetrics
{
    private const int Most = 200, LargestBytes = 1024 * 1024;

    /// <exception cref="DiagnosticException">A file is not what its name says, holds no number, too many, or one that is not finite.</exception>
    public static JsonObject Read(Step step, string folder)
    {
        var numbers = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var file in step.Metrics)
        {
            try
            {
                var before = numbers.Count;
                var path = Path.Join(folder, file);
                if (new FileInfo(path).Length > LargestBytes)
                {
                    throw new FormatException($"it is larger than {LargestBytes} bytes");
                }

                var text = File.ReadAllText(path);
                foreach (var (name, number) in file.EndsWith(".json", StringComparison.Ordinal) ? Json("", JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false })) : Csv(text))
                {
                    // Adding zero makes -0 a 0.
                    if (!double.IsFinite(number) || !numbers.TryAdd(name, number + 0.0))
                    {
                        throw new FormatException(double.IsFinite(number) ? $"'{name}' stands twice" : $"'{name}' is not finite");
                    }
                }

                if (numbers.Count == before || numbers.Count > Most)
                {
                    throw new FormatException(numbers.Count > Most ? $"there are more than {Most} numbers" : "it holds no number");
                }
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
            {
                throw new DiagnosticException(new Diagnostic("MLO3044", $"step '{step.Name}' wrote metrics that cannot be read")
                {
                    Where = step.Origin,
                    Why = $"{file}: {e.Message}",
                    Mend = "write a JSON object of numbers, or a CSV file with a header, or remove the file from 'metrics'",
                });
            }
        }

        return new(numbers.Select(number => KeyValuePair.Create(number.Key, (JsonNode?)JsonValue.Create(number.Value))));
    }

    private static IEnumerable<(string Name, double Number)> Json(string name, JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Json(name.Length == 0 ? member.Key : $"{name}.{member.Key}", member.Value)),
        JsonArray elements => elements.SelectMany((element, i) => Json(string.Create(CultureInfo.InvariantCulture, $"{name}{(name.Length == 0 ? "" : ".")}{i}"), element)),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => [(name.Length == 0 ? "value" : name, value.GetValue<double>())],
        _ => [],
    };

    private static IEnumerable<(string Name, double Number)> Csv(string text)
    {
        var rows = Rows(text.TrimStart('\uFEFF')).ToList();
        if (rows.Count < 2)
        {
            throw new FormatException("it has no row below its header");
        }

        var header = rows[0];
        foreach (var row in rows.Skip(1))
        {
            if (row.Count != header.Count)
            {
                throw new FormatException($"a row has {row.Count} fields, the header {header.Count}");
            }

            var named = rows.Count > 2 || (header.Count == 2 && !IsNumber(row[0], out _));
            for (var i = named ? 1 : 0; i < row.Count; i++)
            {
                if (IsNumber(row[i], out var number))
                {
                    yield return (!named ? header[i] : header.Count == 2 ? row[0] : $"{row[0]}.{header[i]}", number);
                }
            }
        }
    }

    private static bool IsNumber(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>RFC 4180: fields between commas, quotes doubled within quotes.</summary>
    private static IEnumerable<List<string>> Rows(string text)
    {
        var (row, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"' && (quoted || field.Length == 0))
            {
                if (quoted && i + 1 < text.Length && text[i + 1] == '"')
                {
                    field.Append(text[i++]);
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (!quoted && c is ',' or '\n' && !quoted)
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (c == '\n')
                {
                    if (row is not [""])
                    {
                        yield return row;
                    }

                    row = [];
                }
            }
            else
            {
                field.Append(c);
            }
        }

        if (quoted)
        {
            throw new FormatException("a quote is not closed");
        }

        if (field.Length > 0 || row.Count > 0)
        {
            row.Add(field.ToString().TrimEnd('\r'));
            yield return row;
        }
    }
}
