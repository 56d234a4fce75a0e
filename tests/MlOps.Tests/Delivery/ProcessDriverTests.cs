using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MlOps.Content;
using MlOps.Delivery;
using MlOps.Delivery.Internal;

namespace MlOps.Tests.Delivery;

public sealed class ProcessDriverTests
{
    [Fact]
    public async Task A_port_in_use_by_a_stranger_changes_nothing()
    {
        await using var local = new TestEnvironment();
        using var stranger = new TcpListener(IPAddress.Loopback, local.Spec.Port);
        stranger.Start();
        var problem = await Assert.ThrowsAsync<DiagnosticException>(() => local.ReleaseAsync(local.Bikes()));
        var diagnostic = Assert.Single(problem.Diagnostics);
        Assert.Equal("MLO7001", diagnostic.Code);
        Assert.Contains($"port {local.Spec.Port}", diagnostic.What, StringComparison.Ordinal);
        Assert.False(File.Exists(local.Files.State));
    }

    [Fact]
    public async Task A_port_that_is_taken_keeps_the_service_on_its_old_port()
    {
        await using var local = new TestEnvironment();
        var spec = local.Bikes();
        Assert.False(File.Exists(local.Driver.StatePath));
        var started = await local.ReleaseAsync(spec);
        Assert.True(File.Exists(local.Driver.StatePath));
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var moved = spec with { Environment = spec.Environment with { Port = ((IPEndPoint)stranger.LocalEndpoint).Port } };
        await Assert.ThrowsAsync<DiagnosticException>(() => local.ReleaseAsync(moved));
        Assert.Equal((ServiceState.Ready, started.Status.ProcessId), ((await local.StatusAsync()).State, (await local.StatusAsync()).ProcessId));
    }

    [Fact]
    public async Task The_page_shows_the_files_that_were_there_when_the_service_started()
    {
        await using var local = new TestEnvironment();
        var about = Directory.CreateDirectory(local.Folder["about"]).FullName;
        await File.WriteAllTextAsync(Path.Join(about, "README.md"), "# the first card");
        var bikes = local.Bikes();
        var spec = bikes with { Models = [bikes.Models[0] with { About = about }] };
        await local.ReleaseAsync(spec);
        Assert.Equal("# the first card", await CardAsync());

        // A service that is started again from its copies shows the card that it had, whatever was built meanwhile.
        await File.WriteAllTextAsync(Path.Join(about, "README.md"), "# the second card");
        var copied = (await local.StatusAsync()).Spec!;
        await local.Driver.StopAsync(CancellationToken.None);
        await local.Driver.StartAsync(copied, CancellationToken.None);
        Assert.Equal("# the first card", await CardAsync());

        async Task<string?> CardAsync()
        {
            using var http = new HttpClient();
            return System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(new Uri(local.Spec.Url, "/about/bikes"))).RootElement.GetProperty("card").GetString();
        }
    }

    [Fact]
    public async Task A_killed_service_counts_as_stopped_and_starts_again()
    {
        await using var local = new TestEnvironment();
        var first = await local.ReleaseAsync(local.Bikes());
        await RunningProcess.Find(first.Status.ProcessId!.Value)!.EndAsync(TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(ServiceState.Stopped, (await local.StatusAsync()).State);
        Assert.Equal(ReleaseOutcome.Started, (await local.ReleaseAsync(local.Bikes())).Outcome);
    }

    [Fact]
    public async Task A_process_that_got_the_id_of_an_old_service_is_neither_taken_for_it_nor_killed()
    {
        await using var local = new TestEnvironment();
        using var bystander = Process.Start("sleep", "600");
        try
        {
            var spec = local.Bikes();
            Directory.CreateDirectory(local.Files.Path);
            RunState.Of(new(bystander.Id, "an-earlier-boot/1"), spec, local.Driver.Identify(spec)).Save(local.Files.State);
            Assert.Equal(ServiceState.Stopped, (await local.StatusAsync()).State);
            Assert.False(await local.Reconciler.StopAsync(CancellationToken.None));
            Assert.False(bystander.HasExited);
            Assert.False(File.Exists(local.Files.State));
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task A_state_file_that_cannot_be_read_is_nobodys(string content)
    {
        await using var local = new TestEnvironment();
        Directory.CreateDirectory(local.Files.Path);
        await File.WriteAllTextAsync(local.Files.State, content);
        Assert.Equal(ServiceState.Stopped, (await local.StatusAsync()).State);
        Assert.Equal(ReleaseOutcome.Started, (await local.ReleaseAsync(local.Bikes())).Outcome);
    }

    [SkippableFact]
    public async Task The_service_leads_a_session_of_its_own_and_holds_no_stream_of_ours()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/proc is Linux's");
        await using var local = new TestEnvironment();
        var id = (await local.ReleaseAsync(local.Bikes())).Status.ProcessId!.Value;
        var stat = await File.ReadAllTextAsync($"/proc/{id}/stat");
        Assert.Equal(id.ToString(System.Globalization.CultureInfo.InvariantCulture), stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
        Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{id}/fd/0", false)!.FullName);
        Assert.Equal(local.Files.Log, File.ResolveLinkTarget($"/proc/{id}/fd/1", false)!.FullName);
        Assert.Equal(local.Files.Log, File.ResolveLinkTarget($"/proc/{id}/fd/2", false)!.FullName);
    }

    [Fact]
    public async Task A_service_that_is_not_ready_in_time_is_ended()
    {
        await using var local = new TestEnvironment();
        var spec = local.Bikes();
        var hasty = spec with { Environment = spec.Environment with { ReadyTimeout = TimeSpan.Zero } };
        var result = await local.ReleaseAsync(hasty);
        Assert.Equal(ReleaseOutcome.Failed, result.Outcome);
        Assert.Contains("did not say within 0 s", result.Problems[0].Why, StringComparison.Ordinal);
        Assert.False(File.Exists(local.Files.State));
    }

    [Fact]
    public async Task The_foreground_service_ends_when_cancelled()
    {
        await using var local = new TestEnvironment();
        using var cancel = new CancellationTokenSource();
        var served = local.Driver.ServeAsync(local.Bikes(), cancel.Token);
        using var client = new ServiceClient(local.Spec.Url, TimeSpan.FromSeconds(2));
        while (!await client.IsReadyAsync(CancellationToken.None))
        {
            Assert.False(served.IsCompleted);
        }

        await cancel.CancelAsync();
        Assert.Equal(0, await served);
        Assert.False(Directory.EnumerateFiles(local.Files.Path, "serve-*").Any());
    }
}
