using MlOps.Content;
using MlOps.Remotes;
using MlOps.Tests.Remotes.S3;

namespace MlOps.Tests.Remotes;

#pragma warning disable CA1001 // xunit ends it by DisposeAsync.
public sealed class S3RemoteContractTests : RemoteContract
#pragma warning restore CA1001
{
    private S3Server? _server;

    protected override IReadOnlyList<string> Secrets => [S3Server.Key, TestCredentials.Secret];

    public override Task InitializeAsync()
    {
        Skip.If(S3Server.Absent is not null, S3Server.Absent);
        TestCredentials.Set();
        _server = new S3Server();
        return base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _server?.Dispose();
    }

    protected override Task<IRemoteStore> ConnectAsync() => Task.FromResult(MlOps.Remotes.Remotes.Open(Spec($"s3://{S3Server.Bucket}/a/prefix"), Folder));

    protected override Task<IReadOnlyList<string>> LeftoversAsync()
    {
        IReadOnlyList<string> others = [.. _server!.Keys.Where(key => key.Split('/') is not ["a", "prefix", "objects" or "records", { Length: 2 }, { Length: 62 }])];
        return Task.FromResult<IReadOnlyList<string>>([.. others, .. _server.Uploads]);
    }

    [SkippableFact]
    public async Task A_bucket_that_is_not_there_is_named()
    {
        await using var remote = MlOps.Remotes.Remotes.Open(Spec("s3://missing"), Folder);
        var (content, file) = Make(10);
        Func<Task>[] asks = [() => remote.StoreAsync(content, file, null, default), () => remote.FetchAsync(content, file + "2", null, default), () => remote.FetchRecordAsync(content, default)];
        foreach (var ask in asks)
        {
            var diagnostic = (await Assert.ThrowsAsync<DiagnosticException>(ask)).Diagnostics.Single();
            Assert.Equal("MLO8233", diagnostic.Code);
            Assert.Contains("'missing'", diagnostic.What, StringComparison.Ordinal);
        }
    }

    private RemoteSpec Spec(string address) => new(address) { Endpoint = _server!.Endpoint, Region = "eu-north-1" };
}
