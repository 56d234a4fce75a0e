using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.Engine;
using MlOps.Pipelines.Datasets;
using MlOps.Pipelines.Manifests;

namespace MlOps.Pipelines.Actions;

/// <summary>Reads a dataset once: its typed table, its profile, the digests of its rows; and holds it against its contract.</summary>
/// <param name="pin">Keeps what git does not carry.</param>
internal sealed class ImportAction(DatasetPin pin) : IStepExecutor
{
    public const string Name = "import";
    public const string Csv = "csv";
    public const string Table = "table.frame";
    public const string ProfileFile = "profile.json";
    public const string Rows = "rows.digests";

    public bool ReadsInPlace => true;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var path = context.InputPath(Csv);
        var identity = FileIdentity.OfFile(path);
        var name = context.Step.Inputs[Csv] is FileInput file ? file.Path.Value : ((OutputInput)context.Step.Inputs[Csv]).Output;
        var frame = CsvReader.ReadFile(path, new() { Path = name }, cancellationToken);
        if (context.Step.Parameters["contract"] is { } declared)
        {
            var breaches = declared.Deserialize(ImportJson.Default.DataContract)!.Check(frame, name);
            if (breaches.Count > 0)
            {
                throw new DiagnosticException(breaches);
            }
        }

        context.Report($"{frame.RowCount} rows");
        var profile = Profile.ToJson(frame);
        File.WriteAllBytes(context.OutputPath(ProfileFile), profile);
        File.WriteAllBytes(context.OutputPath(Rows), RowDigests.Of(frame).ToBytes());
        using (var table = File.Create(context.OutputPath(Table)))
        {
            FrameFile.Write(frame, table);
        }

        pin(context.Step.Address.Owner["data/".Length..], new(identity.Sha256, IsTree: false), identity.Bytes, null);
        return new()
        {
            ["bytes"] = identity.Bytes,
            ["columns"] = ColumnsOf(frame),
            ["profile"] = Digest.Of(profile).ToString(),
            ["rows"] = frame.RowCount,
            ["sha256"] = identity.Sha256.Hex,
            ["xxh128"] = identity.Xxh128Hex,
        };
    }

    /// <summary>The fact <c>columns</c>: name to type.</summary>
    public static JsonObject ColumnsOf(Frame frame) => new(frame.Columns.Select(column =>
        KeyValuePair.Create(column.Name, (JsonNode?)JsonNamingPolicy.CamelCase.ConvertName(column.Type.ToString()))));
}
