using System.Globalization;
using System.Text.Json.Nodes;

namespace MlOps.Pipelines.Reports;

/// <summary>What went to or came from remotes, as a table and as JSON.</summary>
/// <param name="word">What happened, such as <c>pushed</c>.</param>
internal sealed class TransferReport(string word)
{
    private readonly List<(string What, string Remote, int Objects, long? Bytes, double Seconds)> _rows = [];

    /// <param name="bytes">Null where it is not known.</param>
    public void Add(string what, string remote, int objects, long? bytes, double seconds) => _rows.Add((what, remote, objects, bytes, seconds));

    public string Text()
    {
        if (_rows.Count == 0)
        {
            return $"nothing is {word}: the lock names nothing that git does not carry";
        }

        var table = new TextTable("what", "remote", "objects", "bytes", "seconds", "MB/s");
        foreach (var (what, remote, objects, bytes, seconds) in _rows)
        {
            table.Add(what, remote, Number(objects), bytes is { } known ? Number(known) : "", Seconds(seconds), Rate(bytes, seconds));
        }

        var whole = _rows.Sum(row => row.Bytes ?? 0);
        return $"{table}\n{Number(_rows.Sum(row => row.Objects))} objects{(_rows.All(row => row.Bytes is not null) ? $", {Number(whole)} bytes" : "")} {word}";
    }

    public JsonObject Json() => new()
    {
        ["objects"] = _rows.Sum(row => row.Objects),
        ["bytes"] = _rows.Sum(row => row.Bytes ?? 0),
        ["parts"] = new JsonArray([.. _rows.Select(row => (JsonNode)new JsonObject
        {
            ["what"] = row.What,
            ["remote"] = row.Remote.Length == 0 ? null : row.Remote,
            ["objects"] = row.Objects,
            ["bytes"] = row.Bytes,
            ["seconds"] = Math.Round(row.Seconds, 3),
        })]),
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value > 0 ? value.ToString("0.00", CultureInfo.InvariantCulture) : "";

    private static string Rate(long? bytes, double seconds) => bytes > 0 && seconds > 0 ? (bytes.Value / 1e6 / seconds).ToString("0.0", CultureInfo.InvariantCulture) : "";
}
