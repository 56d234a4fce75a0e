using System.Text;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Who one is to a registry. Its text shows no secret.</summary>
/// <param name="userName">The user; empty where a token says it all.</param>
/// <param name="secret">The password or token.</param>
/// <param name="kind">What the secret is.</param>
public sealed class Credential(string userName, string secret, CredentialKind kind = CredentialKind.Password)
{
    /// <summary>The user; empty where a token says it all.</summary>
    public string UserName => userName;

    /// <summary>What the secret is.</summary>
    public CredentialKind Kind => kind;

    internal string Secret => secret;

    /// <inheritdoc/>
    public override string ToString() => $"{kind} of '{userName}'";
}

/// <summary>What a <see cref="Credential"/>'s secret is.</summary>
public enum CredentialKind
{
    /// <summary>A password, shown to the registry or to its token service.</summary>
    Password,

    /// <summary>A refresh token, shown to the token service only.</summary>
    IdentityToken,

    /// <summary>A bearer token, shown to the registry as it is.</summary>
    RegistryToken,
}

/// <summary>The credentials that <c>docker login</c> and <c>podman login</c> left on this machine, and the helper programs that they name. Nothing is kept between questions.</summary>
/// <param name="files">Docker's <c>config.json</c> or podman's <c>auth.json</c>, in the order in which they are asked; missing ones are passed over.</param>
public sealed class CredentialStore(params IReadOnlyList<string> files)
{
    /// <summary>A store without any credentials.</summary>
    public static CredentialStore None { get; } = new();

    /// <summary>The usual files: <c>$DOCKER_CONFIG/config.json</c> or <c>~/.docker/config.json</c>, then <c>$REGISTRY_AUTH_FILE</c>,
    /// <c>$XDG_RUNTIME_DIR/containers/auth.json</c> and <c>~/.config/containers/auth.json</c>.</summary>
    public static CredentialStore FromEnvironment()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string?[] files =
        [
            Path.Join(Of("DOCKER_CONFIG") ?? Path.Join(home, ".docker"), "config.json"),
            Of("REGISTRY_AUTH_FILE"),
            Of("XDG_RUNTIME_DIR") is { } run ? Path.Join(run, "containers", "auth.json") : null,
            Path.Join(Of("XDG_CONFIG_HOME") ?? Path.Join(home, ".config"), "containers", "auth.json"),
        ];
        return new([.. files.OfType<string>()]);

        static string? Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
    }

    /// <summary>The credential for a repository, or null if there is none.</summary>
    /// <param name="registry">The registry's host, with its port where one is written.</param>
    /// <param name="repository">The repository: podman may keep one credential for a part of a registry.</param>
    /// <param name="cancellationToken">Ends it, and a helper program that runs.</param>
    /// <exception cref="DiagnosticException">MLO8113: a file or a helper program cannot be used.</exception>
    public async Task<Credential?> FindAsync(string registry, string? repository, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (await ReadAsync(file, cancellationToken) is { } config && await FindAsync(config, file, registry, repository, cancellationToken) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static async Task<DockerConfig?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw Unusable(file, e.Message);
        }

        return JsonText.TryRead(bytes, ContainersJson.Default.DockerConfig) ?? throw Unusable(file, "it is no JSON of that kind");
    }

    private static async Task<Credential?> FindAsync(DockerConfig config, string file, string registry, string? repository, CancellationToken cancellationToken)
    {
        var names = NamesOf(registry, repository);
        var helper = names.Select(name => config.CredHelpers?.FirstOrDefault(entry => NameOf(entry.Key) == name).Value).FirstOrDefault(value => value is not null);
        if ((helper ?? config.CredsStore) is { Length: > 0 } program
            && await CredentialHelper.GetAsync(program, registry == DockerHub.Registry ? DockerHub.CredentialKey : registry, file, cancellationToken) is { } credential)
        {
            return credential;
        }

        return names
            .Select(name => config.Auths?.FirstOrDefault(entry => NameOf(entry.Key) == name).Value)
            .Select(auth => auth is null ? null : Of(auth, file))
            .FirstOrDefault(found => found is not null);
    }

    private static Credential? Of(DockerAuth auth, string file)
    {
        if (auth is { RegistryToken.Length: > 0 })
        {
            return new("", auth.RegistryToken, CredentialKind.RegistryToken);
        }

        if (auth is { IdentityToken.Length: > 0 })
        {
            return new("", auth.IdentityToken, CredentialKind.IdentityToken);
        }

        if (string.IsNullOrEmpty(auth.Auth))
        {
            return null;
        }

        var bytes = new byte[auth.Auth.Length];
        var pair = Convert.TryFromBase64String(auth.Auth, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0') : "";
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 ? throw Unusable(file, "an 'auth' is not the base64 of USER:PASSWORD") : new(pair[..colon], pair[(colon + 1)..]);
    }

    /// <summary>The most special name first: podman may keep credentials for a part of a registry.</summary>
    private static List<string> NamesOf(string registry, string? repository)
    {
        var names = new List<string>();
        for (var name = repository is null ? registry : $"{registry}/{repository}"; ; name = name[..name.LastIndexOf('/')])
        {
            names.Add(name);
            if (name.Length == registry.Length)
            {
                return names;
            }
        }
    }

    /// <summary>Old entries are addresses: <c>https://HOST/v1/</c>.</summary>
    private static string NameOf(string key)
    {
        if (key == DockerHub.CredentialKey)
        {
            return DockerHub.Registry;
        }

        var start = key.IndexOf("://", StringComparison.Ordinal);
        var name = start < 0 ? key : key[(start + 3)..];
        name = name.TrimEnd('/');
        return start >= 0 && (name.EndsWith("/v1", StringComparison.Ordinal) || name.EndsWith("/v2", StringComparison.Ordinal)) ? name[..^3] : name;
    }

    internal static DiagnosticException Unusable(string file, string why) => new(new Diagnostic("MLO8113", "the credentials for registries cannot be read")
    {
        Where = file,
        Why = why,
        Mend = "log in again: docker login, or podman login",
    });
}
