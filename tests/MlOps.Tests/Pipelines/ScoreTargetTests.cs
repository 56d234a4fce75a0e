using MlOps.Content;
using MlOps.Pipelines.Scores;
using MlOps.Tests.Content;

namespace MlOps.Tests.Pipelines;

public sealed class ScoreTargetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _data;

    public ScoreTargetTests()
    {
        _folder.Write("real/data.csv", "data");
        _data = At("real/data.csv");
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("real/data.csv", "MLO2183")]
    [InlineData("linked/data.csv", "MLO2183")]
    [InlineData("link.csv", "MLO2183")]
    [InlineData("real", "MLO2240")]
    [InlineData("linked", "MLO2240")]
    public void Neither_the_data_nor_a_folder_is_replaced_by_whatever_path(string target, string code)
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateSymbolicLink(At("linked"), At("real"));
        File.CreateSymbolicLink(At("link.csv"), "linked/data.csv");
        Assert.Equal(code, Assert.Throws<DiagnosticException>(() => ScoreTarget.Check(At(target), _data)).Diagnostics.Single().Code);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_stays_and_what_it_leads_to_is_written(bool exists)
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        if (exists)
        {
            _folder.Write("real/out.csv", "old");
        }

        File.CreateSymbolicLink(At("link.csv"), "real/out.csv");
        Write("link.csv");
        Assert.Equal("real/out.csv", new FileInfo(At("link.csv")).LinkTarget);
        Assert.Equal("new", _folder.Read("real/out.csv"));
    }

    [SkippableFact]
    public void A_device_is_written_into_and_stays_one()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "devices are Unix files");
        // Not /dev/null itself: if this went wrong, the machine would lose it.
        File.CreateSymbolicLink(At("null"), "/dev/null");
        ScoreTarget.Check(At("null"), _data);
        Write("null");
        Assert.Equal("/dev/null", new FileInfo(At("null")).LinkTarget);
    }

    [SkippableFact]
    public async Task A_pipe_gets_what_is_written()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "pipes are Unix files");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [At("pipe")]))
        {
            await make.WaitForExitAsync();
        }

        using var reader = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat", [At("pipe")]) { RedirectStandardOutput = true })!;
        Write("pipe");
        Assert.Equal("new", await reader.StandardOutput.ReadToEndAsync());
        Assert.Equal(FileKind.Other, FileStat.OfLink(At("pipe")).Kind);
    }

    private void Write(string target) => ScoreTarget.Write(At(target), output => output.Write("new"u8), At("tmp"));

    private string At(string path) => Path.Join(_folder.Root, path);
}
