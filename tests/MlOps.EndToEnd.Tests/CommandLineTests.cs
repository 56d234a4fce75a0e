using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>What shells, pipes and terminals do to a command.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("Train --force >/dev/full", 1)]
    [InlineData("Train >/dev/full", 1)]
    [InlineData("Train --force >&-", 1)]
    [InlineData("Train --force 2>&-", 0)]
    [InlineData("Train --force 2>/dev/full", 0)]
    [InlineData("Train --force | head -n 1", 0)]
    [InlineData("Train --force 2>&1 | head -n 1", 0)]
    [InlineData("Status | true", 0)]
    public void A_stream_that_takes_nothing_more_gives_no_stack_trace(string command, int exit)
    {
        using var workspace = Small();
        workspace.Run("Train").Expect(0);
        workspace.Run("Train").Expect(0);

        var ran = workspace.Start("sh", ["-c", $"sh '{RepositoryFolder.Root}/build.sh' {command}"]).Expect(exit);

        Assert.DoesNotContain("   at ", ran.Output + ran.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", ran.Output + ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_sees_one_live_line_and_no_line_per_step()
    {
        using var workspace = Small();
        var seen = workspace.Start("script", ["-qec", $"sh '{RepositoryFolder.Root}/build.sh' Train", "/dev/null"], "CI=").Expect(0);
        Assert.DoesNotContain("m/train ran", seen.Output, StringComparison.Ordinal);

        Assert.Contains("[3/7] m/train ran", workspace.Run("Train --force").Expect(0).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_with_130_and_changes_nothing()
    {
        using var workspace = Small();
        workspace.Write("nuke.json", File.ReadAllText(workspace.At("nuke.json")).Replace("\"data\"", $"\"steps\": {{ \"s\": {{ \"run\": [\"sh\", \"-c\", \"mkfifo p; echo > '{workspace.At("ready")}'; cat p\"], \"writes\": [\"o\"] }} }}, \"data\"", StringComparison.Ordinal));
        workspace.Start("mkfifo", [workspace.At("ready")]).Expect(0);
        using var train = Process.Start(new ProcessStartInfo("sh", [Path.Combine(RepositoryFolder.Root, "build.sh"), "Train"])
        {
            WorkingDirectory = workspace.Root, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        File.ReadAllText(workspace.At("ready"));
        workspace.Start("kill", ["-INT", train.Id.ToString(CultureInfo.InvariantCulture)]).Expect(0);
        var errors = train.StandardError.ReadToEnd();
        train.WaitForExit();

        Assert.Equal(130, train.ExitCode);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace.At("data.lock.json")));
    }

    [Fact]
    public void Chains_run_in_order_and_end_with_their_last_targets_code()
    {
        using var workspace = Small();

        workspace.Run("Plan").Expect(2);
        workspace.Run("Train --dry-run").Expect(0);
        Assert.StartsWith("step", workspace.Run("Train Plan").Expect(0).Output, StringComparison.Ordinal);
        workspace.Replace("models/m/model.json", "\"l2\": 0.1", "\"l2\": 0.2");
        workspace.Run("Plan Explain").Expect(0);
        workspace.Run("Plan Status").Expect(2);
    }

    [Fact]
    public void A_taken_port_is_told_by_Serve_and_Doctor()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var workspace = Small();
        workspace.Replace("nuke.json", "8085", ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture));

        var served = workspace.Run("Serve").Expect(1);

        Assert.Contains("MLO70", served.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", served.Errors, StringComparison.Ordinal);
        Assert.Contains("taken by another program", workspace.Run("Doctor").Expect(1).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("Train --help")]
    [InlineData("train -h")]
    public void Help_speaks_of_the_script_that_users_type(string command)
    {
        using var workspace = new Workspace();
        Assert.Contains("  ./build.sh T", workspace.Run(command, "LC_ALL=C").Expect(0).Output, StringComparison.Ordinal);
    }

    private static Workspace Small()
    {
        var workspace = new Workspace();
        workspace.Write("in.csv", "a,b,y\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 13},{i % 7},{(i % 13) + (2 * (i % 7))}\n")));
        workspace.Run("New m --data in.csv --label y").Expect(0);
        return workspace;
    }
}
