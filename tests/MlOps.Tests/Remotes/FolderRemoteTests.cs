using System.Diagnostics;
using MlOps.Content;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

public sealed class FolderRemoteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Share => Path.Join(_folder.Root, "share");

    private IRemoteStore Remote => MlOps.Remotes.Remotes.Open(new("share"), _folder.Root);

    [Fact]
    public async Task A_share_that_is_not_mounted_does_not_look_empty_and_is_not_made()
    {
        await using var remote = MlOps.Remotes.Remotes.Open(new("mount/share"), _folder.Root);
        Assert.Equal("MLO8202", await FailAsync(() => remote.FindAsync([Digest.Of("x")], default)));
        Assert.Equal("MLO8202", await FailAsync(() => remote.FetchAsync(Digest.Of("x"), Path.Join(_folder.Root, "x"), null, default)));
        Assert.Equal("MLO8202", await FailAsync(() => remote.FetchRecordAsync(Digest.Of("x"), default)));
        Assert.Equal("MLO8202", await FailAsync(() => remote.StoreAsync(Digest.Of("y"), _folder.Write("y", "y"), null, default)));
        Assert.Equal("MLO8202", await FailAsync(() => remote.StoreRecordAsync(Digest.Of("x"), new byte[1], [], default)));
        Assert.False(Directory.Exists(Path.Join(_folder.Root, "mount")));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_yet_is_empty_and_the_first_store_makes_it()
    {
        Assert.Empty(await Remote.FindAsync([Digest.Of("x")], default));
        Assert.False(await Remote.FetchAsync(Digest.Of("x"), Path.Join(_folder.Root, "back"), null, default));
        Assert.Null(await Remote.FetchRecordAsync(Digest.Of("x"), default));
        await Remote.StoreAsync(Digest.Of("x"), _folder.Write("x", "x"), null, default);
        Assert.Equal([Digest.Of("x")], await Remote.FindAsync([Digest.Of("x")], default));
    }

    [Fact]
    public async Task A_file_is_no_folder()
    {
        var file = _folder.Write("share", "a file");
        Assert.Equal("MLO8241", await FailAsync(() => Remote.FetchRecordAsync(Digest.Of("x"), default)));
        Assert.Equal("MLO8241", await FailAsync(() => Remote.FindAsync([Digest.Of("x")], default)));
        Assert.Equal("MLO8241", await FailAsync(() => Remote.StoreAsync(Digest.Of("a file"), file, null, default)));
        Assert.Equal("MLO8241", await FailAsync(() => Remote.StoreRecordAsync(Digest.Of("x"), new byte[1], [], default)));
    }

    [Fact]
    public async Task Something_that_stands_in_the_way_is_told()
    {
        _folder.Write("share/objects", "a file");
        Assert.Equal("MLO8240", await FailAsync(() => Remote.StoreAsync(Digest.Of("x"), _folder.Write("x", "x"), null, default)));
    }

    [SkippableFact]
    public async Task On_a_full_or_read_only_share_the_store_fails_leaves_nothing_and_reading_goes_on()
    {
        Directory.CreateDirectory(Share);
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", Share), "a small disk cannot be mounted here");
        try
        {
            await Remote.StoreAsync(Digest.Of("small"), _folder.Write("small", "small"), null, default);
            var big = Path.Join(_folder.Root, "big");
            await File.WriteAllBytesAsync(big, new byte[1_000_000]);
            var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => Remote.StoreAsync(Digest.Of("big"), big, null, default));
            Assert.Equal("MLO8240", thrown.Diagnostics.Single().Code);
            Assert.Contains("free some space", thrown.Message, StringComparison.Ordinal);
            Assert.Single(Directory.GetFiles(Share, "*", SearchOption.AllDirectories));
            Run("mount", "-o", "remount,ro", Share);
            Assert.Equal("MLO8240", await FailAsync(() => Remote.StoreRecordAsync(Digest.Of("x"), new byte[1], [], default)));
            Assert.True(await Remote.FetchAsync(Digest.Of("small"), Path.Join(_folder.Root, "back"), null, default));
        }
        finally
        {
            Run("umount", Share);
        }
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_removed_when_it_is_old_and_not_before()
    {
        var old = _folder.Write("share/tmp/other-1-1-x", "half");
        var fresh = _folder.Write("share/tmp/other-1-2-x", "half");
        File.SetLastWriteTimeUtc(old, File.GetLastWriteTimeUtc(fresh).AddDays(-2));
        await Remote.StoreAsync(Digest.Of("x"), _folder.Write("x", "x"), null, default);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }

    private static async Task<string> FailAsync(Func<Task> work) => (await Assert.ThrowsAsync<DiagnosticException>(work)).Diagnostics.Single().Code;

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
