using System.Globalization;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>The key that signs here, and whether any environment counts what it signs.</summary>
internal sealed class Signer : IDisposable
{
    /// <summary>Nobody, for what needs no signature.</summary>
    public static readonly Signer None = new();

    /// <summary>What signs; null where there is no key.</summary>
    public SigningKey? Key { get; private init; }

    /// <summary>A warning that no environment counts what the key signs, though some trust others; null where one does, or none trusts anybody.</summary>
    public Diagnostic? Problem { get; private init; }

    /// <summary>What is worth knowing where nothing is signed, or not for all; null for nothing.</summary>
    public string? Note { get; private init; }

    /// <summary>Whether the key has come to its end wherever it is trusted.</summary>
    public bool IsOver { get; private init; }

    /// <summary>Finds the key, and who trusts it.</summary>
    /// <param name="keys">The private keys.</param>
    /// <param name="trust">Whom each environment trusts, of those that trust anybody.</param>
    /// <param name="at">The place where an environment says so.</param>
    /// <param name="now">The day that counts.</param>
    /// <exception cref="DiagnosticException">There is a key, and it cannot be used.</exception>
    public static Signer Of(SigningKeys keys, IReadOnlyDictionary<string, TrustPolicy> trust, Func<string, string> at, DateTimeOffset now)
    {
        var (key, unread) = keys.Find([.. trust.Values], now);
        if (key is null)
        {
            return new()
            {
                Note = trust.Count == 0 ? null : $"nothing is signed, because no private key is here, and {Listed(trust.Keys)} will not count it (./build.sh Keys --new makes a pair; {SigningKeys.TextVariable} names another){Tell(unread)}",
            };
        }

        var ends = trust.ToDictionary(one => one.Key, one => one.Value.Keys.FirstOrDefault(known => known.Key.Id == key.Public.Id)?.Key);
        if (ends.Count == 0 || ends.Values.Any(known => known?.IsExpired(now) == false))
        {
            var others = ends.Where(one => one.Value?.IsExpired(now) != false).Select(one => one.Key).ToList();
            return new() { Key = key, Note = others.Count == 0 ? null : $"key {key.Public.Id.Short} signs, and {Listed(others)} will not count it" };
        }

        var isOver = ends.Values.Any(known => known is not null);
        return new()
        {
            Key = key,
            IsOver = isOver,
            Problem = new("MLO2322", $"key {key.Public.Id.Short} signs, and no environment counts it")
            {
                Severity = Severity.Warning,
                Where = at(trust.Keys.First()),
                Why = string.Join("; ", trust.Select(one => Why(one.Key, ends[one.Key], one.Value))) + Tell(unread),
                Mend = isOver ? "./build.sh Keys --new makes another; commit its public half and \"trust\" to the main branch" : "./build.sh Keys tells what to commit to the main branch",
            },
        };
    }

    /// <inheritdoc/>
    public void Dispose() => Key?.Dispose();

    private static string Why(string environment, PublicKey? known, TrustPolicy policy) => known?.NotAfter is { } last
        ? string.Create(CultureInfo.InvariantCulture, $"'{environment}' counted it until {last:yyyy-MM-dd}")
        : $"'{environment}' trusts {string.Join(", ", policy.Keys.Select(trusted => $"{trusted.Key.Id.Short} ({trusted.Where})"))}";

    private static string Tell(IReadOnlyList<Diagnostic> unread) => string.Concat(unread.Take(3).Select(problem => $"; {problem.Where} was not looked at: {problem.What}"));

    private static string Listed(IEnumerable<string> environments) => string.Join(", ", environments.Select(name => $"'{name}'"));
}
