using MlOps.Containers;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Containers;

/// <summary>Tests of the client with a real registry, which are skipped where there is none, and a folder.</summary>
public abstract class RealRegistry : IAsyncLifetime, IDisposable
{
    private readonly RegistryOptions _options;
    private readonly TemporaryFolder _folder = new();
    private RegistryServer? _server;
    private RegistryClient? _client;

    private protected RealRegistry(RegistryOptions options) => _options = options with { Credentials = CredentialStore.None };

    private protected string Folder => _folder.Root;

    private protected RegistryServer Server
    {
        get
        {
            Skip.If(_server is null, RegistryServer.Missing);
            return _server!;
        }
    }

    private protected RegistryClient Client => _client ??= new(Server.Registry, _options);

    public async Task InitializeAsync() => _server = RegistryServer.Missing is null ? await RegistryServer.StartAsync() : null;

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _folder.Dispose();

    internal static async Task<Diagnostic> AssertFailsAsync(string code, Func<Task> operation)
    {
        var diagnostic = Assert.Single((await Assert.ThrowsAsync<DiagnosticException>(operation)).Diagnostics);
        Assert.True(code == diagnostic.Code, diagnostic.ToString());
        return diagnostic;
    }
}
