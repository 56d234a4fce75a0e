using System.Globalization;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The folder of public keys in a workspace.</summary>
    private const string PublicKeys = "keys";

    private const int MostDays = 36_500;

    /// <summary>Lists the keys that count and the one that signs; or makes a pair, which signs once the protected branch trusts it.</summary>
    /// <param name="make">Whether a pair is made; the one that signed before stays trusted as long as nuke.json says.</param>
    /// <param name="days">How many days the new pair counts; null for no end. A pair that signed before gets an end then, too, if it has none.</param>
    public Outcome Keys(bool make, int? days)
    {
        var keys = new SigningKeys(_definition.Manifest.Name);
        if (make)
        {
            return Make(keys, days);
        }

        var table = new TextTable("key", "counts until", "where", "signs here");
        using var signer = Signing();
        var signing = signer.Key;
        var now = TimeProvider.System.GetUtcNow();
        var known = Public().ToList();
        foreach (var (key, file) in known)
        {
            table.Add(key.Id.Short, key.NotAfter is { } last ? $"{last.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}{(key.IsExpired(now) ? " (over)" : "")}" : "", file, key.Id == signing?.Public.Id ? "yes" : "");
        }

        if (signing is not null && !known.Any(key => key.Key.Id == signing.Public.Id))
        {
            table.Add(signing.Public.Id.Short, "", "", "yes");
        }

        var advice = signer.Problem is { } problem && signing is not null ? $"\n\n{problem.What}: {problem.Why}\n{(signer.IsOver ? problem.Mend : ToCommit(signing.Public, known.Find(key => key.Key.Id == signing.Public.Id).File))}" : "";
        return new(ExitCode.Done, known.Count == 0 && signing is null ? "there are no keys: ./build.sh Keys --new makes a pair" : $"{table}{advice}", new JsonObject
        {
            ["keys"] = new JsonArray([.. known.Select(key => (JsonNode)new JsonObject { ["file"] = key.File, ["id"] = key.Key.Id.ToString(), ["notAfter"] = key.Key.NotAfter?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) })]),
            ["signsWith"] = signing?.Public.Id.ToString(),
        });
    }

    /// <summary>What has to be on the main branch so that a key counts.</summary>
    private string ToCommit(PublicKey key, string? file)
    {
        var name = file ?? NameOf(key);
        return $"{Counts(name)}{(file is null ? $"\nwhere {name} is\n{key.ToPem().TrimEnd()}" : "")}";
    }

    private string NameOf(PublicKey key) => $"{PublicKeys}/{_definition.Manifest.Name}-{key.Id.Short}.pub";

    private static string Counts(string file) => $"it counts once nuke.json of the main branch names it: \"trust\": [\"{file}\"] in an environment";

    private Outcome Make(SigningKeys keys, int? days)
    {
        if (days is < 0 or > MostDays)
        {
            throw new DiagnosticException(new Diagnostic("MLO2296", $"a key cannot count for {days} days") { Mend = $"give --days a whole number from 0 to {MostDays}; without it a key has no end" });
        }

        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        using var old = File.Exists(keys.Current) ? SigningKey.Read(keys.Current, Environment.GetEnvironmentVariable(SigningKeys.PasswordVariable)) : null;
        using var made = keys.Create();
        var file = NameOf(made.Public);
        WriteKey(file, days is { } lasts ? made.Public.Until(today.AddDays(lasts)) : made.Public);
        var said = $"made key {made.Public.Id.Short}: private {keys.Current} (mode 600, never in git), public {file}";
        if (old is not null && Public().FirstOrDefault(key => key.Key.Id == old.Public.Id) is ({ NotAfter: null } before, var where) && days is { } grace)
        {
            WriteKey(where, before.Until(today.AddDays(grace)));
            said += $"\nkey {before.Id.Short}, which signed before, counts until {today.AddDays(grace).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";
        }

        return new(ExitCode.Done, $"{said}\n{Counts(file)}",
            new JsonObject { ["id"] = made.Public.Id.ToString(), ["private"] = keys.Current, ["public"] = file });
    }

    private void WriteKey(string file, PublicKey key) => AtomicFile.Write(Path.Join(Root, file), System.Text.Encoding.UTF8.GetBytes(key.ToPem()));

    /// <summary>The public keys in the workspace: in their folder, and where nuke.json names others.</summary>
    private IEnumerable<(PublicKey Key, string File)> Public() => (Directory.Exists(Path.Join(Root, PublicKeys)) ? Directory.GetFiles(Path.Join(Root, PublicKeys), "*.pub").Select(file => $"{PublicKeys}/{Path.GetFileName(file)}") : [])
        .Concat(_definition.Manifest.Environments.Values.SelectMany(environment => environment.Trust ?? [])).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        .Where(file => WorkspacePath.TryParse(file, out _) && File.Exists(Path.Join(Root, file))).Select(file => (PublicKey.Read(Path.Join(Root, file)), file));
}
