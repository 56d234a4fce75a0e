using MlOps.Data;

namespace MlOps.Pipelines.ModelCode;

/// <summary>What a parameter or a result of a row's function is: the types of C# by the cells that they stand for.</summary>
internal static class CellKind
{
    /// <summary>The types, as signatures spell them.</summary>
    public static readonly IReadOnlyList<string> All = ["Double", "Single", "Int32", "Int64", "Boolean", "String", "System.DateTimeOffset"];

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

    /// <summary>How a table's cells are read for a parameter, where nothing says what they were when the model was trained.</summary>
    public static ColumnType Read(string parameter, ColumnType? trained) => (Plain(parameter), trained) switch
    {
        ("String", _) => ColumnType.String,
        ("Boolean", ColumnType.Integer or ColumnType.Number) => ColumnType.Number,
        ("Boolean", _) => ColumnType.Boolean,
        ("System.DateTimeOffset", _) or ("Int64", ColumnType.Timestamp) => ColumnType.Timestamp,
        (_, ColumnType.Boolean) => ColumnType.Boolean,
        _ => ColumnType.Number,
    };

    /// <summary>As people write it.</summary>
    public static string Written(string type) => (type == Plain(type) ? "" : "?") is var mark ? Plain(type) switch
    {
        "Double" => "double",
        "Single" => "float",
        "Int32" => "int",
        "Int64" => "long",
        "Boolean" => "bool",
        "String" => "string",
        "Void" => "void",
        var other => other[(other.LastIndexOf('.') + 1)..],
    } + mark : "";
}
