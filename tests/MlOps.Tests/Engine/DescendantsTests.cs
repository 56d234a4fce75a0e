using System.Diagnostics;
using MlOps.Engine.Internal;

namespace MlOps.Tests.Engine;

public sealed class DescendantsTests
{
    [SkippableFact]
    public void A_process_that_runs_without_any_environment_is_let_be_after_a_moment()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc");
        using var bare = Process.Start(new ProcessStartInfo("env", ["-i", "setsid", "sleep", "60"]) { WorkingDirectory = "/" })!;
        try
        {
            bool? Belongs() => Descendants.Belongs(bare.Id, Environment.ProcessId, "/nowhere");
            Assert.True(SpinWait.SpinUntil(() => Belongs() is null, TimeSpan.FromSeconds(30)));
            Assert.True(SpinWait.SpinUntil(() => Belongs() == false, TimeSpan.FromSeconds(30)));
            // And is not waited for again.
            Assert.False(Belongs());
        }
        finally
        {
            bare.Kill();
        }
    }
}
