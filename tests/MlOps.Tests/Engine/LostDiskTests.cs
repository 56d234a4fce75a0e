using System.Diagnostics;
using MlOps.Content;
using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

public sealed class LostDiskTests : IDisposable
{
    private readonly ToyWorkspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [SkippableFact]
    public async Task A_workspace_that_may_not_be_written_is_told_and_one_that_is_up_to_date_needs_no_writing()
    {
        Skip.If(OperatingSystem.IsWindows(), "modes are Unix");
        _workspace.Write("data.csv", "1");
        var own = _workspace.PathOf(".mlops");
        Directory.CreateDirectory(own);
        Skip.IfNot(!Environment.IsPrivilegedProcess || Run("mount", "-t", "tmpfs", "none", own), "modes do not bind root, and tmpfs cannot be mounted here");
        try
        {
            Forbid(own, true);
            var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => _workspace.BuildAsync(Step("a", "data.csv")));
            Assert.Equal(Environment.IsPrivilegedProcess ? "MLO1102" : "MLO1103", thrown.Diagnostics.Single().Code);
            Forbid(own, false);
            await _workspace.BuildAsync(Step("a", "data.csv"));
            Forbid(own, true);
            Assert.True((await _workspace.BuildAsync(Step("a", "data.csv"))).WasUpToDate);
        }
        finally
        {
            Forbid(own, false);
            _ = Environment.IsPrivilegedProcess && Run("umount", own);
        }
    }

    [SkippableFact]
    public async Task On_a_full_disk_the_step_fails_and_lock_and_store_are_as_they_were()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may mount a small disk");
        Directory.CreateDirectory(_workspace.PathOf(".mlops"));
        Skip.IfNot(Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", _workspace.PathOf(".mlops")), "tmpfs cannot be mounted here");
        try
        {
            _workspace.Write("data.csv", "1");
            await _workspace.BuildAsync(Step("a", "data.csv"));
            var text = _workspace.LockText;
            _workspace.Executor.Before = (context, _) => File.WriteAllBytes(Path.Join(context.WorkDirectory, "big"), new byte[1_000_000]);
            var result = await _workspace.BuildAsync(Step("a", "data.csv", code: "c2"));
            Assert.Equal("MLO1101", result.Diagnostics.Single().Code);
            Assert.Equal(text, _workspace.LockText);
            _workspace.Executor.Before = null;
            Assert.Equal("", await _workspace.RanAsync(Step("a", "data.csv")));
        }
        finally
        {
            Run("umount", _workspace.PathOf(".mlops"));
        }
    }

    private static void Forbid(string path, bool forbid)
    {
        if (Environment.IsPrivilegedProcess)
        {
            Run("mount", "-o", forbid ? "remount,ro" : "remount,rw", path);
        }
        else
        {
            Mode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | (forbid ? 0 : UnixFileMode.UserWrite));
        }
    }

    private static bool Run(params string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void Mode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
