using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Runs;

/// <summary>What a build on this machine did with a step that was pending.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Status">How it ended; <see cref="StepStatus.UpToDate"/> where a step before it gave the same bytes again.</param>
/// <param name="Seconds">Wall time of its run.</param>
/// <param name="InputBytes">How much it read; null where that is not known.</param>
/// <param name="Reason">Why it was looked at.</param>
/// <param name="Fingerprint">Its key in the store; null if it has no result.</param>
internal sealed record RunEntry(string Step, StepStatus Status, double Seconds, long? InputBytes, string Reason, string? Fingerprint);

/// <summary><c>.mlops/runs</c>: what builds did, a line of JSON each, the latest last. It is for people and forecasts; nothing that is built depends on it.</summary>
/// <remarks>Lines that cannot be read are passed over, and a log that cannot be written is let be: a lost line costs a forecast.</remarks>
internal sealed partial class RunLog
{
    private const long MostBytes = 8 << 20;
    private const int KeptPerStep = 5;

    private readonly Dictionary<string, List<RunEntry>> _entries = new(StringComparer.Ordinal);

    private RunLog()
    {
    }

    /// <summary>The names of all steps that it tells of.</summary>
    public IEnumerable<string> Steps => _entries.Keys;

    /// <summary>What is known of a step, the latest last.</summary>
    public IReadOnlyList<RunEntry> Of(string step) => _entries.GetValueOrDefault(step) ?? [];

    /// <summary>The log of a workspace; empty where there is none.</summary>
    public static RunLog Read(string root)
    {
        var log = new RunLog();
        try
        {
            foreach (var line in File.ReadLines(PathIn(root)))
            {
                if (TryParse(line) is { } entry)
                {
                    log.Add(entry);
                }
            }
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            // Absent, or not to be read: then nothing is known.
        }

        return log;
    }

    /// <summary>Adds what a build did, in one write.</summary>
    public static void Append(string root, IReadOnlyCollection<RunEntry> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        Append(root, Text(entries));
    }

    /// <summary>Adds what a quick build did. It writes the JSON itself, because what writes JSON takes longer to load than a quick build to run.</summary>
    public static void AppendQuick(string root, IReadOnlyList<QuickStep> steps)
    {
        var text = new System.Text.StringBuilder();
        foreach (var step in steps)
        {
            Quoted(text.Append("{\"step\":"), step.Step);
            text.Append(",\"status\":\"").Append(NameOf(step.Status)).Append("\",\"seconds\":").Append(Math.Round(step.Seconds, 3).ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (step.InputBytes is { } bytes)
            {
                text.Append(",\"inputBytes\":").Append(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            Quoted(text.Append(",\"reason\":"), step.Explanation);
            text.Append(",\"fingerprint\":\"").Append(step.Fingerprint.Hex).Append("\"}\n");
        }

        if (text.Length > 0)
        {
            Append(root, text.ToString());
        }
    }

    /// <summary>As the enumeration names it, without the reflection that its own text takes.</summary>
    private static string NameOf(StepStatus status) => status switch
    {
        StepStatus.UpToDate => nameof(StepStatus.UpToDate),
        StepStatus.Restored => nameof(StepStatus.Restored),
        StepStatus.Ran => nameof(StepStatus.Ran),
        StepStatus.Failed => nameof(StepStatus.Failed),
        _ => nameof(StepStatus.Skipped),
    };

    private static void Quoted(System.Text.StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\' || char.IsControl(c))
            {
                text.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(c);
            }
        }

        text.Append('"');
    }

    private static void Append(string root, string lines)
    {
        try
        {
            var path = PathIn(root);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (File.Exists(path) && new FileInfo(path).Length > MostBytes)
            {
                Shorten(root);
            }

            // The line break comes first as well, so that a line which a kill tore does not take the next one with it.
            File.AppendAllBytes(path, System.Text.Encoding.UTF8.GetBytes("\n" + lines));
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            // See the remarks.
        }
    }

    private static void Shorten(string root)
    {
        var log = Read(root);
        AtomicFile.Write(PathIn(root), System.Text.Encoding.UTF8.GetBytes(Text(log._entries.Values.SelectMany(entries => entries))));
    }

    private static string Text(IEnumerable<RunEntry> entries) => string.Concat(entries.Select(entry => JsonSerializer.Serialize(entry, RunLogJson.Default.RunEntry) + "\n"));

    private static RunEntry? TryParse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, RunLogJson.Default.RunEntry) is { Step: not null, Seconds: >= 0 } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Add(RunEntry entry)
    {
        if (!_entries.TryGetValue(entry.Step, out var entries))
        {
            _entries.Add(entry.Step, entries = []);
        }

        entries.Add(entry);
        if (entries.Count > KeptPerStep)
        {
            // A restored or skipped step says nothing of how long it runs; those go first, except for the latest.
            var least = entries.FindIndex(0, entries.Count - 1, old => old.Status != StepStatus.Ran);
            entries.RemoveAt(Math.Max(least, 0));
        }
    }

    private static string PathIn(string root) => Path.Join(root, ".mlops", "runs");

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(RunEntry))]
    private sealed partial class RunLogJson : JsonSerializerContext;
}
