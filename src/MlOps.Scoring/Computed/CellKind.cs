using MlOps.Data;

namespace MlOps.Scoring.Computed;

/// <summary>What a parameter or a result of a feature's function is: the types of C# by the cells that they stand for.</summary>
public static class CellKind
{
    /// <summary>The types, as signatures spell them.</summary>
    public static readonly IReadOnlyList<string> All = ["Double", "Single", "Int32", "Int64", "Boolean", "String", "System.DateTimeOffset"];

    /// <summary>What a function over blocks of rows takes, a block per column; NaN is missing.</summary>
    public const string Block = "System.ReadOnlySpan`1<Double>";

    /// <summary>Where it leaves its results: its last parameter.</summary>
    public const string BlockResult = "System.Span`1<Double>";

    private const string Nullable = "System.Nullable`1<";

    /// <summary>The type without <c>?</c>.</summary>
    public static string Plain(string type) => type.StartsWith(Nullable, StringComparison.Ordinal) ? type[Nullable.Length..^1] : type;

    /// <summary>Whether cells can be of a type at all.</summary>
    public static bool IsCell(string type) => All.Contains(Plain(type));

    /// <summary>Whether what a function returns can be a feature of a kind.</summary>
    public static bool Makes(string result, FeatureKind kind) => (kind, Plain(result)) switch
    {
        (FeatureKind.Numeric, "Double" or "Single" or "Int32" or "Int64") => true,
        (FeatureKind.Boolean, "Boolean") => true,
        (FeatureKind.Timestamp, "System.DateTimeOffset") => true,
        (FeatureKind.Categorical, "String" or "Boolean" or "Int32" or "Int64") => true,
        (FeatureKind.Text, "String") => true,
        _ => false,
    };

    /// <summary>As people write it.</summary>
    /// <param name="type">As signatures spell it.</param>
    public static string Written(string type) => (type == Plain(type) ? "" : "?") is var mark ? Plain(type) switch
    {
        "Double" => "double",
        "Single" => "float",
        "Int32" => "int",
        "Int64" => "long",
        "Boolean" => "bool",
        "String" => "string",
        "Void" => "void",
        Block => "ReadOnlySpan<double>",
        BlockResult => "Span<double>",
        var other => other[(other.LastIndexOf('.') + 1)..],
    } + mark : "";
}
