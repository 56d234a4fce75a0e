using System.Text.Json;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines.Packages;

/// <summary>What the repository says: which locks pinned what, and whom the protected branch trusts.</summary>
/// <param name="root">The workspace.</param>
internal sealed class GitFacts(string root) : IRepositoryFacts
{
    /// <summary>The branch that pull requests go to, as this clone knows it: what a remote calls its main branch before what lies here alone.</summary>
    private static readonly string[] Protected = ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"];

    /// <summary>The protected branch; null where there is none.</summary>
    public string? Branch { get; } = Protected.FirstOrDefault(branch => Git.Run(root, "rev-parse", "--verify", "--quiet", $"{branch}^{{commit}}") is not null);

    /// <inheritdoc/>
    public ArtifactFinding Number(string model, PackageVersion version, Digest package, bool mustBeKnown)
    {
        var (where, ledger) = (Branch ?? "HEAD", new SortedDictionary<PackageVersion, Digest>());
        try
        {
            ledger = Git.Show(root, where, BuildEngine.LockName) is { } bytes ? VersionLedger.Of(LockFile.Parse(bytes, where), $"models/{model}") : ledger;
        }
        catch (DiagnosticException)
        {
            // A lock that cannot be read numbers nothing.
        }

        return ledger.TryGetValue(version, out var numbered)
            ? numbered == package ? new("version", CheckResult.Passed, $"{version} in the lock of {where}") : new("version", CheckResult.Failed, $"{version} of '{model}' is {numbered} in the lock of {where}, not {package}")
            : ledger.FirstOrDefault(entry => entry.Value == package) is { Value.IsEmpty: false } other ? new("version", CheckResult.Failed, $"in the lock of {where} this package is {other.Key}, not {version}")
            : new("version", mustBeKnown ? CheckResult.Failed : CheckResult.Unknown, $"the lock of {where} numbers no {version} of '{model}'");
    }

    /// <inheritdoc/>
    public bool IsReviewed(string commit) => Branch is not null && Git.Run(root, "merge-base", "--is-ancestor", commit, Branch) is not null;

    /// <inheritdoc/>
    public string? Fault(string commit, string model, Digest package, IReadOnlyList<ResourceDescriptor> datasets, bool mustBeProtected)
    {
        if (Git.Run(root, "cat-file", "-e", $"{commit}^{{commit}}") is null)
        {
            return $"commit {commit} is not in this repository (git fetch may bring it)";
        }

        if (Git.Show(root, commit, BuildEngine.LockName) is not { } bytes)
        {
            return $"commit {commit} has no {BuildEngine.LockName}";
        }

        LockFile pinned;
        try
        {
            pinned = LockFile.Parse(bytes, $"{commit}:{BuildEngine.LockName}");
        }
        catch (DiagnosticException unreadable)
        {
            return $"the lock of commit {commit} cannot be read: {unreadable.Diagnostics[0].What}";
        }

        var image = pinned.Find(new($"models/{model}", ImageAction.Name)) is { } made && made.Outputs.TryGetValue(ImageAction.Manifest, out var composed) ? composed : (Digest?)null;
        if (VersionLedger.PackageOf(pinned, $"models/{model}") is var there && there != package && image != package)
        {
            return $"the lock of commit {commit} pins {(there is null ? "no package" : there.ToString())}{(image is null ? "" : $" and image {image}")} for model '{model}', not {package}";
        }

        foreach (var dataset in datasets)
        {
            if ($"{Digest.Prefix}{pinned.Fact($"data/{dataset.Name}", "sha256")}" is var sha256 && sha256 != dataset.Digest.ToString())
            {
                return $"the lock of commit {commit} has other bytes of dataset '{dataset.Name}': {sha256}, not {dataset.Digest}";
            }
        }

        return mustBeProtected && !IsReviewed(commit) ? $"commit {commit} is not part of {Branch ?? "a protected branch: there is none here"}" : null;
    }

    /// <inheritdoc/>
    public bool HasGate(string commit, string model)
    {
        try
        {
            return Git.Show(root, commit, BuildEngine.LockName) is { } bytes && LockFile.Parse(bytes, commit).Fact($"models/{model}", Actions.GateAction.Name) is not null;
        }
        catch (DiagnosticException)
        {
            // That the lock cannot be read is said where it is asked what it pins.
            return false;
        }
    }

    /// <summary>The keys that count, as the protected branch says.</summary>
    /// <param name="environment">Only those of this environment; null for those of all.</param>
    /// <exception cref="DiagnosticException">MLO2288: a key that is declared there cannot be read there.</exception>
    public TrustPolicy Trust(string? environment) => Branch is { } branch ? Trust(environment, file => Git.Show(root, branch, file), branch) : new([]);

    /// <summary>The keys that count, wherever they are read.</summary>
    public static TrustPolicy Trust(string? environment, Func<string, byte[]?> read, string where)
    {
        var keys = new List<TrustedKey>();
        foreach (var file in Declared(read(WorkspaceDefinition.FileName), environment).Distinct(StringComparer.Ordinal))
        {
            if (!WorkspacePath.TryParse(file, out var place))
            {
                throw new DiagnosticException(new Diagnostic("MLO2288", $"'{file}' is no path of a trusted key")
                {
                    Where = $"{where}:{WorkspaceDefinition.FileName}",
                    Why = "a key lies in the workspace, and its path is relative and plain",
                    Mend = "write it as keys/NAME.pub",
                });
            }

            var path = place.Value;
            var text = read(path) ?? throw new DiagnosticException(new Diagnostic("MLO2288", $"the trusted key '{file}' is not there")
            {
                Where = $"{where}:{WorkspaceDefinition.FileName}",
                Why = $"nuke.json of {where} names it, and {where} has no such file",
                Mend = "commit the public key there",
            });
            keys.Add(new(PublicKey.FromPem(System.Text.Encoding.UTF8.GetString(text), $"{where}:{path}"), path));
        }

        return new(keys);
    }

    private static IEnumerable<string> Declared(byte[]? manifest, string? environment)
    {
        if (manifest is null)
        {
            return [];
        }

        try
        {
            using var json = JsonDocument.Parse(manifest, new() { MaxDepth = 64 });
            return !json.RootElement.TryGetProperty("environments", out var environments) ? []
                : [.. environments.EnumerateObject().Where(one => environment is null || one.Name == environment)
                    .SelectMany(one => one.Value.TryGetProperty("trust", out var trust) && trust.ValueKind == JsonValueKind.Array ? trust.EnumerateArray().Select(file => file.GetString()!) : [])];
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            throw new DiagnosticException(new Diagnostic("MLO2288", "nuke.json of the protected branch cannot be read, so nobody knows whom it trusts") { Why = unreadable.Message });
        }
    }
}
