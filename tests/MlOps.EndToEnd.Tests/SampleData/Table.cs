using System.Globalization;
using System.Text;

namespace MlOps.Tests.SampleData;

/// <summary>A CSV text in the making: LF line ends, fields quoted only where RFC 4180 asks for it, missing values empty.</summary>
internal sealed class Table(params string[] columns)
{
    private readonly StringBuilder _text = new StringBuilder(string.Join(',', columns)).Append('\n');

    /// <summary>Adds a row of as many fields as there are columns.</summary>
    public void Add(params object?[] fields)
    {
        if (fields.Length != columns.Length)
        {
            throw new ArgumentException($"{fields.Length} fields for {columns.Length} columns", nameof(fields));
        }

        _text.AppendJoin(',', fields.Select(Field)).Append('\n');
    }

    /// <summary>The whole text as UTF-8 without a byte order mark.</summary>
    public byte[] ToBytes() => new UTF8Encoding(false).GetBytes(_text.ToString());

    /// <summary>A number rounded to the decimals given; halves go to the even digit.</summary>
    public static string Number(double value, int decimals) =>
        Math.Round(value, decimals, MidpointRounding.ToEven).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Field(object? value)
    {
        var text = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
