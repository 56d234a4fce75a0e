using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>The private keys of this machine, outside of git: one that signs for a workspace, and those that did before.</summary>
/// <param name="workspace">The workspace's name.</param>
internal sealed class SigningKeys(string workspace)
{
    /// <summary>The environment variables that name the key: its text, the file with it, its password.</summary>
    public const string TextVariable = "MLOPS_SIGNING_KEY", FileVariable = "MLOPS_SIGNING_KEY_FILE", PasswordVariable = "MLOPS_SIGNING_PASSWORD";

    /// <summary>Where private keys lie: <c>$XDG_CONFIG_HOME/mlops/keys</c>, or <c>~/.config/mlops/keys</c>, whether it is there yet or not.</summary>
    /// <remarks>Never relative to the folder at hand, which is a workspace: https://specifications.freedesktop.org/basedir-spec/latest/ has relative paths ignored.</remarks>
    /// <exception cref="DiagnosticException">MLO2293: this user has no home.</exception>
    public static string Folder => Path.Join(Settings ?? throw new DiagnosticException(new Diagnostic("MLO2293", "there is no place for private keys")
        {
            Why = "this user has no home folder, and in a workspace a private key would end in git",
            Mend = $"set HOME or XDG_CONFIG_HOME to an absolute path, or name the key: {TextVariable}, {FileVariable}",
        }), "mlops", "keys");

    private static string? Settings => Variable("XDG_CONFIG_HOME") is { } settings && Path.IsPathFullyQualified(settings) ? settings
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) is var home && Path.IsPathFullyQualified(home) ? Path.Join(home, ".config") : null;

    /// <summary>The file of the key that signs.</summary>
    public string Current => Path.Join(Folder, $"{workspace}.pem");

    /// <summary>Everything that decides which key signs.</summary>
    public static IEnumerable<string> Variables => [TextVariable, FileVariable, PasswordVariable, "XDG_CONFIG_HOME", "HOME"];

    /// <summary>The key that signs; null if there is none.</summary>
    /// <exception cref="DiagnosticException">There is one, and it cannot be used.</exception>
    public SigningKey? Find()
    {
        var password = Variable(PasswordVariable);
        return Variable(TextVariable) is { } text ? SigningKey.FromPem(text, TextVariable, password)
            : Variable(FileVariable) is { } file ? SigningKey.Read(file, password)
            : Settings is not null && File.Exists(Current) ? SigningKey.Read(Current, password)
            : null;
    }

    /// <summary>Makes a new key the one that signs; the one before stays beside it under its own name.</summary>
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

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
