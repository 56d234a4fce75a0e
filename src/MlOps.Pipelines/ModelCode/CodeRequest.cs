using System.Text.Json.Nodes;
using MlOps.Data;

namespace MlOps.Pipelines.ModelCode;

/// <summary>A column that a function computes.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Code">The function.</param>
/// <param name="From">The columns that it takes.</param>
internal sealed record ComputedColumn(string Name, string Code, IReadOnlyList<string> From);

/// <summary>What a worker is asked to do: all that it knows.</summary>
/// <param name="Assembly">The model's compiled code.</param>
/// <param name="Table">The frame that it starts from.</param>
/// <param name="Prepare">Functions of the whole table, in this order.</param>
/// <param name="Columns">Columns that are computed then.</param>
/// <param name="Origin">The file that declares them, for diagnostics.</param>
internal sealed record CodeRequest(string Assembly, string Table, IReadOnlyList<string> Prepare, IReadOnlyList<ComputedColumn> Columns, string? Origin)
{
    /// <summary>Names of files in the worker's folder: the request, the frame that it makes, what went wrong, and the function that runs.</summary>
    public const string File = "request.json", Result = "result.frame", Failure = "failure.json", Running = "running";

    public string ToJson() => new JsonObject
    {
        ["assembly"] = Assembly,
        ["columns"] = Json(Columns),
        ["origin"] = Origin,
        ["prepare"] = new JsonArray([.. Prepare.Select(name => (JsonNode)name)]),
        ["table"] = Table,
    }.ToJsonString();

    public static CodeRequest FromJson(string text)
    {
        var json = JsonNode.Parse(text)!;
        return new(
            (string)json["assembly"]!,
            (string)json["table"]!,
            [.. json["prepare"]!.AsArray().Select(name => (string)name!)],
            ColumnsOf(json["columns"]),
            (string?)json["origin"]);
    }

    /// <summary>Columns as a step's parameters name them.</summary>
    public static JsonObject Json(IEnumerable<ComputedColumn> columns) => new(columns.Select(column => KeyValuePair.Create(column.Name, (JsonNode?)new JsonObject
    {
        ["code"] = column.Code,
        ["from"] = new JsonArray([.. column.From.Select(name => (JsonNode)name)]),
    })));

    /// <summary>What <see cref="Json"/> said, in ordinal order of names.</summary>
    public static IReadOnlyList<ComputedColumn> ColumnsOf(JsonNode? json) => [.. (json?.AsObject() ?? []).OrderBy(column => column.Key, StringComparer.Ordinal)
        .Select(column => new ComputedColumn(column.Key, (string)column.Value!["code"]!, [.. column.Value["from"]!.AsArray().Select(name => (string)name!)]))];
}
