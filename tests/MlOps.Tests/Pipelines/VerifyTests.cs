using System.Globalization;
using MlOps.Content;
using MlOps.Pipelines;
using MlOps.Tests.Containers;

namespace MlOps.Tests.Pipelines;

public sealed class VerifyTests
{
    private const string Step = """ "steps": { "s": { "run": ["cp", "in.txt", "o.txt"], "reads": ["in.txt"], "writes": ["o.txt"] } } """;

    [SkippableFact]
    public async Task A_remote_that_cannot_be_asked_for_objects_is_a_failure_that_hides_no_finding()
    {
        OnLinux();
        await using var server = await HttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal) ? 403 : 404;
            return Task.CompletedTask;
        });
        using var workspace = DeclaredWorkspace.Of($$"""{{Step}}, "store": { "remotes": [ { "url": "oci://{{server.Registry}}/team/cache" } ] }""");
        workspace.Write("in.txt", "one");
        var said = new Said();
        Assert.Equal(ExitCode.Done, (await Open(workspace, said).TrainAsync(default)).Exit);
        var made = new ContentStore(Path.Join(workspace.Root, ".mlops/store")).PathOf(Digest.Of("one"));
        File.Delete(made);
        await File.WriteAllTextAsync(made, "two");

        said.Warnings.Clear();
        var outcome = await Open(workspace, said).VerifyAsync(remote: true, dryRun: false, default);

        Assert.Equal(ExitCode.Failed, outcome.Exit);
        Assert.Equal(("MLO8105", Severity.Error), Assert.Single(said.Warnings.Select(warning => (warning.Code, warning.Severity))));
        Assert.Contains("its bytes are", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("not asked to the end", outcome.Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_a_killed_rebuild_left_does_not_count()
    {
        OnLinux();
        using var workspace = DeclaredWorkspace.Of(Step);
        workspace.Write("in.txt", "one");
        Assert.Equal(ExitCode.Done, (await Open(workspace, new()).TrainAsync(default)).Exit);
        workspace.Write($".mlops/rebuild/{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}/in.txt", "stale");
        Assert.Equal(ExitCode.Done, (await Open(workspace, new()).RebuildAsync(null, default)).Exit);
    }

    private static void OnLinux() => Skip.IfNot(OperatingSystem.IsLinux(), "the programs are Unix tools");

    private static Workspace Open(DeclaredWorkspace workspace, Said said) => Workspace.Open(new() { Root = workspace.Root }, said);

    private sealed class Said : IReporter
    {
        public List<Diagnostic> Warnings { get; } = [];

        public void Warn(Diagnostic diagnostic) => Warnings.Add(diagnostic);

        public void Note(string line)
        {
        }

        public void Finished(string line)
        {
        }

        public void Live(string line)
        {
        }
    }
}
