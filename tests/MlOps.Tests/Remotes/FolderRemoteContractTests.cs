using MlOps.Content;
using MlOps.Remotes;

namespace MlOps.Tests.Remotes;

public sealed class FolderRemoteContractTests : RemoteContract
{
    protected override Task<IRemoteStore> ConnectAsync() => Task.FromResult(MlOps.Remotes.Remotes.Open(new RemoteSpec("share"), Folder));

    protected override Task<IReadOnlyList<string>> LeftoversAsync()
    {
        var share = PathOf("share");
        IReadOnlyList<string> files = [.. Directory.EnumerateFiles(share, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(share, path))
            .Where(path => path.Split('/') is not ["objects" or "records", { Length: 2 }, { Length: 62 }])];
        return Task.FromResult(files);
    }
}
