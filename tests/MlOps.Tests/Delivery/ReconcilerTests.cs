using MlOps.Content;
using MlOps.Delivery;
using MlOps.Delivery.Internal;
using MlOps.Tests.Serving;

namespace MlOps.Tests.Delivery;

public sealed class ReconcilerTests
{
    [Fact]
    public async Task A_service_starts_once_is_replaced_when_its_model_changes_and_stops()
    {
        await using var local = new TestEnvironment();
        var first = await local.ReleaseAsync(local.Bikes());
        Assert.Equal(ReleaseOutcome.Started, first.Outcome);
        Assert.True(first.Smoke!.Passed);
        Assert.Equal(5, first.Smoke.Checks.Count);

        var again = await local.ReleaseAsync(local.Bikes());
        Assert.Equal(ReleaseOutcome.Unchanged, again.Outcome);
        Assert.Equal(first.Status.ProcessId, again.Status.ProcessId);

        var other = await local.ReleaseAsync(local.Bikes(offset: 1), offset: 1);
        Assert.Equal(ReleaseOutcome.Replaced, other.Outcome);
        Assert.NotEqual(first.Status.ProcessId, other.Status.ProcessId);

        Assert.True(await local.Reconciler.StopAsync(CancellationToken.None));
        Assert.False(await local.Reconciler.StopAsync(CancellationToken.None));
        Assert.Equal(ServiceState.Stopped, (await local.StatusAsync()).State);
    }

    [Fact]
    public async Task A_broken_model_file_brings_the_old_service_back()
    {
        await using var local = new TestEnvironment();
        var good = local.Bikes();
        await local.ReleaseAsync(good);
        var result = await local.ReleaseAsync(local.Service("bikes", "no model"u8.ToArray()));
        Assert.Equal(ReleaseOutcome.RolledBack, result.Outcome);
        Assert.Contains("MLO7004", Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
        Assert.Contains("MLO5010", result.Problems[0].Why, StringComparison.Ordinal);
        Assert.False(result.RefusedBySmokeTest);
        var report = await TestEnvironment.Smoke(good).RunAsync(local.Spec.Url, CancellationToken.None);
        Assert.True(report.Passed);
    }

    [Fact]
    public async Task A_service_that_answers_wrongly_is_taken_back()
    {
        await using var local = new TestEnvironment();
        var good = local.Bikes();
        await local.ReleaseAsync(good);
        var result = await local.ReleaseAsync(local.Bikes(offset: 1), offset: 0);
        Assert.Equal(ReleaseOutcome.RolledBack, result.Outcome);
        Assert.True(result.RefusedBySmokeTest);
        Assert.Contains("predicted otherwise", result.Problems[0].Why, StringComparison.Ordinal);
        Assert.Equal(good.Models[0].Digest, Assert.Single((await local.StatusAsync()).Models).Digest);
    }

    [Fact]
    public async Task A_first_service_that_fails_leaves_nothing_running()
    {
        await using var local = new TestEnvironment();
        var result = await local.ReleaseAsync(local.Service("bikes", "no model"u8.ToArray()));
        Assert.Equal(ReleaseOutcome.Failed, result.Outcome);
        Assert.Equal(ServiceState.Stopped, result.Status.State);
        Assert.False(File.Exists(local.Files.State));
    }

    [Fact]
    public async Task A_model_file_with_other_bytes_than_its_digest_changes_nothing()
    {
        await using var local = new TestEnvironment();
        var started = await local.ReleaseAsync(local.Bikes());
        var spec = local.Bikes(offset: 1);
        local.Folder.Write("bikes.onnx", [1, 2, 3]);
        var problem = await Assert.ThrowsAsync<DiagnosticException>(() => local.ReleaseAsync(spec));
        Assert.Equal("MLO7007", Assert.Single(problem.Diagnostics).Code);
        Assert.Equal(started.Status.ProcessId, (await local.StatusAsync()).ProcessId);
    }

    [Fact]
    public async Task Two_releases_at_once_end_as_one()
    {
        await using var local = new TestEnvironment();
        var spec = local.Bikes();
        var results = await Task.WhenAll(local.ReleaseAsync(spec), local.ReleaseAsync(spec));
        Assert.Equal([ReleaseOutcome.Started, ReleaseOutcome.Unchanged], results.Select(result => result.Outcome).OrderDescending());
        Assert.Equal(results[0].Status.ProcessId, results[1].Status.ProcessId);
    }

    [Fact]
    public async Task The_service_survives_a_build_that_overwrites_its_files()
    {
        await using var local = new TestEnvironment();
        var build = local.Folder["build"];
        ServiceBuild.At(RunningService.Assembly).CopyTo(build);
        var spec = local.Bikes() with { ServiceAssembly = Path.Combine(build, Path.GetFileName(RunningService.Assembly)) };
        await local.ReleaseAsync(spec);
        foreach (var file in Directory.GetFiles(build).Append(spec.Models[0].Path))
        {
            await File.WriteAllBytesAsync(file, new byte[100]);
        }

        Assert.True((await TestEnvironment.Smoke(spec).RunAsync(local.Spec.Url, CancellationToken.None)).Passed);
        var status = await local.StatusAsync();
        await local.Driver.StopAsync(CancellationToken.None);
        Assert.Equal(ServiceState.Ready, (await local.Driver.StartAsync(status.Spec!, CancellationToken.None)).State);
    }

    [Fact]
    public async Task Damaged_copies_are_made_again()
    {
        await using var local = new TestEnvironment();
        var spec = local.Bikes();
        await local.ReleaseAsync(spec);
        var copied = (await local.StatusAsync()).Spec!;
        await local.Driver.StopAsync(CancellationToken.None);
        await File.WriteAllBytesAsync(copied.Models[0].Path, []);
        await File.WriteAllBytesAsync(copied.ServiceAssembly, []);

        Assert.Equal(ReleaseOutcome.Started, (await local.ReleaseAsync(spec)).Outcome);
    }
}
