using System.Diagnostics;
using MlOps.Code;
using MlOps.Pipelines.Reports;

namespace MlOps.Tests.Pipelines.Reports;

/// <summary>Diffs of sources, against those of the tool that everybody knows.</summary>
public sealed class SourceDiffTests : IDisposable
{
    private const string Twenty = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-diff-").FullName;

    [Theory]
    [InlineData("10\n", "ten\n")]
    [InlineData("1\n2\n", "one\n2\n")]
    [InlineData("19\n20\n", "19\n20\n21\n")]
    [InlineData("19\n20\n", "")]
    [InlineData("4\n5\n6\n7\n8\n9\n10\n11\n", "4\nfive\n6\n7\n8\n9\n10\n11\nmore\n")]
    [InlineData("3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n", "3\nnew\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n")]
    public void They_are_what_diff_prints(string old, string with)
    {
        var after = Twenty.Replace(old, with, StringComparison.Ordinal);
        Assert.Equal(Reference(Twenty, after), SourceDiff.Of("f", Twenty, after).Text);
    }

    [Fact]
    public void A_new_file_is_all_new() => Assert.Equal("--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n", SourceDiff.Of("f", "", "a\nb\n").Text);

    [Fact]
    public void Lines_far_apart_are_hunks_of_their_own_each_about_what_stands_there()
    {
        var diff = SourceDiff.Of("f", Twenty, Twenty.Replace("3\n4\n", "3\nfour\n", StringComparison.Ordinal).Replace("17\n", "seventeen\n", StringComparison.Ordinal));

        Assert.Equal([true, false], diff.Hunks.Select(hunk => hunk.Touches(null, new SourcePlace("f", 4, 6))));
        Assert.Equal([false, true], diff.Hunks.Select(hunk => hunk.Touches(new SourcePlace("f", 17, 17), null)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Reference(string before, string after)
    {
        File.WriteAllText(Path.Join(_folder, "a"), before);
        File.WriteAllText(Path.Join(_folder, "b"), after);
        using var diff = Process.Start(new ProcessStartInfo("diff", ["-U3", "--label", "f", "--label", "f", "a", "b"]) { WorkingDirectory = _folder, RedirectStandardOutput = true })!;
        var text = diff.StandardOutput.ReadToEnd();
        diff.WaitForExit();
        return text;
    }
}
