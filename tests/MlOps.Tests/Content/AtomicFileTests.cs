using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Threads_may_write_into_folders_that_none_of_them_has_made_yet()
    {
        for (var round = 0; round < 200; round++)
        {
            var folder = Path.Join(_folder.Root, $"{round}");
            Parallel.For(0, 4, i => AtomicFile.Write(Path.Join(folder, $"deep/{i}"), "x"u8, Path.Join(folder, "tmp")));
            Assert.Equal(4, Directory.GetFiles(Path.Join(folder, "deep")).Length);
        }
    }

    [SkippableFact]
    public void A_temporary_folder_on_another_file_system_leaves_no_trace()
    {
        var other = Path.Join("/dev/shm", $"mlops-{Environment.ProcessId}");
        Skip.IfNot(OperatingSystem.IsLinux() && Directory.Exists("/dev/shm"), "there is no second file system");
        try
        {
            AtomicFile.Write(Path.Join(_folder.Root, "lock"), "old"u8, other);
            AtomicFile.Write(Path.Join(_folder.Root, "lock"), "new"u8, other, sync: true);
            Assert.Equal("new", _folder.Read("lock"));
            Assert.Single(Directory.GetFileSystemEntries(_folder.Root));
            Assert.Empty(Directory.GetFileSystemEntries(other));
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }
}
