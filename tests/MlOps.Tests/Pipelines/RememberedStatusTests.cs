using System.Text;
using MlOps.Content;
using MlOps.Pipelines;

namespace MlOps.Tests.Pipelines;

/// <summary>What <c>Status</c> remembers, and what makes it ask again.</summary>
public sealed class RememberedStatusTests : IDisposable
{
    private readonly DeclaredWorkspace _workspace = DeclaredWorkspace.Of("""
        "data": { "images": { "path": "images", "format": "files", "store": false } },
        "environments": { "local": { "driver": "process", "port": 8090 }, "far": { "driver": "process", "port": 8091 } }
        """);

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("images/b/2.png", "edited")]
    [InlineData("images/b/3.png", "a new file")]
    [InlineData("nuke.json", """{ "name": "few", "data": { "images": { "path": "images", "format": "files", "store": false } } }""")]
    [InlineData("data.lock.json", "{}")]
    [InlineData("models/demand/model.json", "{}")]
    [InlineData(".mlops/run/far/state.json", "{}")]
    public async Task It_is_asked_again_after_any_change_of_what_it_came_from(string file, string text)
    {
        var said = await RememberedAsync();
        Assert.Contains("up to date", said, StringComparison.Ordinal);
        Assert.Contains("stopped", said, StringComparison.Ordinal);
        _workspace.Write("elsewhere.txt", "not asked for");
        Assert.Equal(said, Remembered);

        _workspace.Write(file, text);

        Assert.Null(Remembered);
    }

    [Fact]
    public async Task It_is_not_remembered_while_a_service_may_run_or_work_is_pending_or_options_narrow_it()
    {
        await RememberedAsync();
        _workspace.Write(".mlops/run/far/state.json", "{}");
        await Open().StatusAsync(CancellationToken.None);
        Assert.Null(Remembered);
        File.Delete(Path.Join(_workspace.Root, ".mlops/run/far/state.json"));
        await RememberedAsync();
        _workspace.Write("images/b/2.png", "other");
        Assert.Equal(ExitCode.Pending, (await Open().StatusAsync(CancellationToken.None)).Exit);
        Assert.Null(Remembered);
        await Open().TrainAsync(CancellationToken.None);
        await Open(rehash: true).StatusAsync(CancellationToken.None);
        Assert.Null(Remembered);
    }

    private string? Remembered => BuildMirror.TryAnswer(_workspace.Root, Workspace.StatusKey) is { } answer ? Encoding.UTF8.GetString(answer) : null;

    private async Task<string> RememberedAsync()
    {
        _workspace.Write("images/a/1.png", "one");
        _workspace.Write("images/b/2.png", "two");
        Assert.Equal(ExitCode.Done, (await Open().TrainAsync(CancellationToken.None)).Exit);
        // Files that are too young are not trusted: a moment later they are.
        for (var i = 0; i < 10_000 && Remembered is null; i++)
        {
            Assert.Equal(ExitCode.Done, (await Open().StatusAsync(CancellationToken.None)).Exit);
        }

        return Assert.IsType<string>(Remembered);
    }

    private Workspace Open(bool rehash = false) => Workspace.Open(new() { Root = _workspace.Root, Rehash = rehash }, new Quiet());

    private sealed class Quiet : IReporter
    {
        public void Warn(Diagnostic diagnostic) => Assert.Fail(diagnostic.ToString());

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
