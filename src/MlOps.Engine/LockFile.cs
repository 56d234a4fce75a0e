using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine.Internal;

namespace MlOps.Engine;

/// <summary>A fact of an owner in the lock.</summary>
/// <param name="Owner">Such as <c>models/churn</c>.</param>
/// <param name="Name">Unique among the owner's facts.</param>
/// <param name="Value">Any JSON.</param>
public sealed record LockFact(string Owner, string Name, JsonNode Value);

/// <summary><c>data.lock.json</c>: the pinned results, reviewed by people and merged by machines.</summary>
/// <remarks>Keys sorted ordinally, one fact a line, LF; only what follows from the sources. Facts and parameters are parsed when asked for.</remarks>
public sealed class LockFile
{
    /// <summary>The number that stands under <c>format</c>.</summary>
    public const int Format = 1;

    private readonly Dictionary<LockAddress, StepTrace> _steps;
    private readonly Dictionary<(string Owner, string Name), LazyJson> _facts;

    internal LockFile(ReadOnlyMemory<byte> bytes, Dictionary<LockAddress, StepTrace> steps, Dictionary<(string, string), LazyJson> facts) =>
        (Bytes, _steps, _facts) = (bytes, steps, facts);

    /// <summary>The lock of a workspace in which nothing was built.</summary>
    public static LockFile Empty { get; } = new(default, [], []);

    /// <summary>The places of all steps, in the file's order.</summary>
    public IEnumerable<LockAddress> Addresses => _steps.Keys;

    /// <summary>The owners that have facts or steps, such as <c>models/churn</c>, in the file's order.</summary>
    public IEnumerable<string> Owners => _facts.Keys.Select(key => key.Owner).Concat(_steps.Keys.Select(key => key.Owner)).Distinct();

    /// <summary>The file as it was read or written; empty if there was none.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Reads a lock; a missing file is <see cref="Empty"/>.</summary>
    /// <exception cref="DiagnosticException">Merge-conflict markers, malformed JSON, an unknown format: with the line and how to mend.</exception>
    public static LockFile Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e) with { Where = Path.GetFileName(path) });
        }

        return Parse(bytes, Path.GetFileName(path));
    }

    /// <summary>Reads a lock's bytes; <paramref name="where"/> names the file in diagnostics.</summary>
    /// <inheritdoc cref="Read"/>
    public static LockFile Parse(ReadOnlyMemory<byte> json, string where) => LockReader.Read(json, where);

    /// <summary>What it says of a step, or null.</summary>
    public StepTrace? Find(LockAddress address) => _steps.GetValueOrDefault(address);

    /// <summary>A fact of an owner such as <c>models/churn</c>, or null; not to be changed.</summary>
    public JsonNode? Fact(string owner, string name) => _facts.TryGetValue((owner, name), out var fact) ? fact.Value : null;

    /// <summary>The names of an owner's facts, in the file's order.</summary>
    public IEnumerable<string> FactNames(string owner) => _facts.Keys.Where(key => key.Owner == owner).Select(key => key.Name);

    internal bool HasFact(string owner, string name) => _facts.ContainsKey((owner, name));
}
