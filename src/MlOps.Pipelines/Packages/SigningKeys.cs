using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>The private keys of this machine, outside of git: one that signs for a workspace, and those that did before.</summary>
/// <param name="workspace">The workspace's name.</param>
/// <param name="variable">What an environment variable says; null for this process's own.</param>
internal sealed class SigningKeys(string workspace, Func<string, string?>? variable = null)
{
    /// <summary>The environment variables that name the key: its text, the file with it, its password.</summary>
    public const string TextVariable = "MLOPS_SIGNING_KEY", FileVariable = "MLOPS_SIGNING_KEY_FILE", PasswordVariable = "MLOPS_SIGNING_PASSWORD";

    /// <summary>Where private keys lie: <c>$XDG_CONFIG_HOME/mlops/keys</c>, or <c>~/.config/mlops/keys</c>, whether it is there yet or not.</summary>
    /// <remarks>Never relative to the folder at hand, which is a workspace: https://specifications.freedesktop.org/basedir-spec/latest/ has relative paths ignored.</remarks>
    /// <exception cref="DiagnosticException">MLO2293: this user has no home.</exception>
    public string Folder => Path.Join(Settings ?? throw new DiagnosticException(new Diagnostic("MLO2293", "there is no place for private keys")
        {
            Why = "this user has no home folder, and in a workspace a private key would end in git",
            Mend = $"set HOME or XDG_CONFIG_HOME to an absolute path, or name the key: {TextVariable}, {FileVariable}",
        }), "mlops", "keys");

    private string? Settings => Variable("XDG_CONFIG_HOME") is { } settings && Path.IsPathFullyQualified(settings) ? settings
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) is var home && Path.IsPathFullyQualified(home) ? Path.Join(home, ".config") : null;

    /// <summary>The file of the workspace's own key, the newest that was made for it.</summary>
    public string Current => Path.Join(Folder, $"{workspace}.pem");

    /// <summary>The files and folders that decide which key signs, whether they are there yet or not.</summary>
    public IEnumerable<string> Places => [.. Settings is null ? [] : new[] { Folder, Current }, .. Variable(FileVariable) is { } file ? new[] { Path.GetFullPath(file) } : []];

    /// <summary>The environment variables that do.</summary>
    public static IEnumerable<string> Variables => [TextVariable, FileVariable, PasswordVariable, "XDG_CONFIG_HOME", "HOME"];

    /// <summary>The key that signs, and what could not be looked at: the one that a variable names; else the one that most environments trust today, the workspace's own before others and newer before older. What nobody trusts signs only if it is the workspace's own.</summary>
    /// <remarks>Keys are told apart by what they are, not by their files' names: workspaces of one name share the folder, and after <c>Keys --new</c> the old key signs until the new one is trusted.</remarks>
    /// <param name="trusted">Whom each environment trusts; empty where none says.</param>
    /// <param name="now">The day that counts.</param>
    /// <exception cref="DiagnosticException">The one that is named, or the workspace's own, cannot be used.</exception>
    public (SigningKey? Key, IReadOnlyList<Diagnostic> Unread) Find(IReadOnlyCollection<TrustPolicy> trusted, DateTimeOffset now)
    {
        var password = Variable(PasswordVariable);
        if (Variable(TextVariable) is { } text)
        {
            return (SigningKey.FromPem(text, TextVariable, password), []);
        }

        if (Variable(FileVariable) is { } file)
        {
            return (SigningKey.Read(file, password), []);
        }

        var best = Settings is not null && File.Exists(Current) ? SigningKey.Read(Current, password) : null;
        var votes = Votes(best);
        var unread = new List<Diagnostic>();
        foreach (var other in votes < trusted.Count ? Others() : [])
        {
            try
            {
                var key = SigningKey.Read(other, password);
                var isBetter = Votes(key) > votes;
                (isBetter ? best : key)?.Dispose();
                (best, votes) = isBetter ? (key, Votes(key)) : (best, votes);
            }
            catch (DiagnosticException foreign)
            {
                unread.Add(foreign.Diagnostics[0]);
            }
        }

        return (best, unread);

        int Votes(SigningKey? key) => key is null ? 0 : trusted.Count(policy => policy.Keys.Any(known => known.Key.Id == key.Public.Id && !known.Key.IsExpired(now)));
    }

    private IEnumerable<string> Others() => Settings is null || !Directory.Exists(Folder) ? []
        : new DirectoryInfo(Folder).GetFiles("*.pem").Where(file => file.FullName != Current).OrderByDescending(file => file.LastWriteTimeUtc).ThenBy(file => file.Name, StringComparer.Ordinal).Select(file => file.FullName);

    /// <summary>Makes the workspace a new key; the one before stays beside it under its own name, and signs until the protected branch trusts the new one.</summary>
    public SigningKey Create()
    {
        Directory.CreateDirectory(Folder);
        if (File.Exists(Current))
        {
            using var old = SigningKey.Read(Current, Variable(PasswordVariable));
            File.Move(Current, Path.Join(Folder, $"{workspace}.{old.Public.Id.Short}.pem"), overwrite: true);
        }

        var key = SigningKey.Create();
        key.Write(Current, Variable(PasswordVariable));
        return key;
    }

    private string? Variable(string name) => (variable ?? Environment.GetEnvironmentVariable)(name) is { Length: > 0 } value ? value : null;
}
