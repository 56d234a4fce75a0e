using MlOps.Containers;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Remotes.Internal;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

/// <summary>What lies in the registry.</summary>
public sealed class OciRemoteTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RegistryServer _server = null!;

    public async Task InitializeAsync() => _server = RegistryServer.Missing is null ? await RegistryServer.StartAsync() : null!;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(35, 4)]
    public async Task The_registrys_garbage_collection_keeps_what_records_name_and_nothing_else(int names, int manifests)
    {
        Skip.If(_server is null, RegistryServer.Missing);
        await using var remote = Open();
        var objects = new List<RemoteObject>();
        for (var i = 0; i <= names; i++)
        {
            objects.Add(await StoreAsync(remote, $"object {i}"));
        }

        var (key, unnamed) = (Digest.Of("key"), objects[names]);
        objects.RemoveAt(names);
        await remote.StoreRecordAsync(key, "record"u8.ToArray(), objects, default);
        using var client = new RegistryClient(_server.Registry, new() { Credentials = CredentialStore.None });
        Assert.Equal(manifests == 1 ? 1 : manifests + 1, await client.Repository("team/cache").TagsAsync(default).CountAsync());

        await _server.StopAsync();
        await _server.CollectGarbageAsync();
        await _server.RestartAsync();
        var found = await remote.FindAsync([unnamed.Content, .. objects.Select(o => o.Content)], default);
        Assert.True(found.SetEquals(objects.Select(o => o.Content)), $"{found.Count} of {names} are there");
        Assert.Equal("record"u8.ToArray(), await remote.FetchRecordAsync(key, default));
    }

    [SkippableFact]
    public async Task A_record_that_is_there_already_is_not_sent_again()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        await using var remote = Open();
        var (one, two) = (await StoreAsync(remote, "one"), await StoreAsync(remote, "two"));
        await remote.StoreRecordAsync(Digest.Of("key"), "record"u8.ToArray(), [one, two], default);
        var links = Directory.GetFileSystemEntries(_server.Storage, "*", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc);
        await remote.StoreRecordAsync(Digest.Of("key"), "record"u8.ToArray(), [two, one, one], default);
        Assert.Equal(links, Directory.GetFileSystemEntries(_server.Storage, "*", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc));
    }

    [SkippableFact]
    public async Task Objects_and_records_go_through_the_cache_from_one_machine_to_another()
    {
        Skip.If(_server is null, RegistryServer.Missing);
        var (here, there) = (new ContentStore(Path.Join(_folder.Root, "here")), new ContentStore(Path.Join(_folder.Root, "there")));
        var output = here.Put("output"u8).Sha256;
        var record = new StepRecord { Outputs = StepRecord.NoOutputs.Add("out.txt", output) };
        await using (var cache = new RemoteCache(here, [new(Open())]))
        {
            await cache.PushAsync(cache.Links[0], new Dictionary<Digest, StepRecord> { [Digest.Of("step")] = record }, null, default);
        }

        await using var other = new RemoteCache(there, [new(Open())]);
        var known = await other.FetchRecordAsync(Digest.Of("step"), default);
        Assert.Equal(record.Outputs, known!.Outputs);
        Assert.Empty(await other.FetchAsync([.. known.Contents], default));
        Assert.Equal("output"u8.ToArray(), there.TryRead(output));
    }

    private OciRemote Open()
    {
        var address = $"oci://{_server.Registry}/team/cache";
        return new(address, OciAddress.Parse(address), new() { Credentials = CredentialStore.None }) { NamesPerManifest = 10 };
    }

    private async Task<RemoteObject> StoreAsync(OciRemote remote, string text)
    {
        var file = _folder.Write("object", text);
        await remote.StoreAsync(Digest.Of(text), file, null, default);
        return new(Digest.Of(text), text.Length);
    }
}
