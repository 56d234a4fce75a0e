using MlOps.Containers;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Remotes.Internal;
using MlOps.Tests.Containers;

namespace MlOps.Tests.Remotes;

/// <summary>Against a real registry that lets everybody in.</summary>
public class OciRemoteContractTests : RemoteContract
{
    private RegistryServer? _server;

    public override async Task InitializeAsync() => _server = RegistryServer.Missing is null ? await StartAsync() : null;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override Task<IRemoteStore> ConnectAsync()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var address = $"oci://{_server.Registry}/team/cache";
        return Task.FromResult<IRemoteStore>(new OciRemote(address, OciAddress.Parse(address), OptionsFor(_server)));
    }

    /// <summary>Uploads that broke are the registry's to purge: its docker 2.x line forgets their address with the connection.</summary>
    protected override async Task<IReadOnlyList<string>> LeftoversAsync()
    {
        using var client = new RegistryClient(_server!.Registry, OptionsFor(_server));
        return await client.Repository("team/cache").TagsAsync(default).Where(tag => !tag.StartsWith("record-", StringComparison.Ordinal)).ToListAsync();
    }

    private protected virtual Task<RegistryServer> StartAsync() => RegistryServer.StartAsync();

    private protected virtual RegistryOptions OptionsFor(RegistryServer server) => new() { Credentials = CredentialStore.None, ChunkBytes = 8 << 20 };
}

/// <summary>Against one that wants user and password.</summary>
public sealed class OciRemoteWithPasswordContractTests : OciRemoteContractTests
{
    protected override IReadOnlyList<string> Secrets => [RegistryServer.User, RegistryServer.Password];

    private protected override RegistryOptions OptionsFor(RegistryServer server) =>
        base.OptionsFor(server) with { Credentials = new(Logins.Write(Folder, server.Registry, RegistryServer.User, RegistryServer.Password)) };

    private protected override Task<RegistryServer> StartAsync() => RegistryServer.WithPasswordAsync();
}
