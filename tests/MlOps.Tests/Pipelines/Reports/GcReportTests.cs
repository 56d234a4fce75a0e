using MlOps.Containers;
using MlOps.Content;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Tests.Pipelines.Reports;

public sealed class GcReportTests
{
    [Fact]
    public void A_terminal_obeys_nothing_of_a_foreign_name()
    {
        var package = Descriptor.Of(MediaTypes.Manifest, "one"u8) with { Annotations = new Dictionary<string, string> { [PackageShelf.Name] = "m\u001b[2J\nall is well", [PackageShelf.Version] = "1.0.0\u202e" } };
        var text = new GcReport([], [], 1, dryRun: true) { Packages = [package] }.Text();
        Assert.Contains("would drop package m?[2J all is well@1.0.0?, which was pulled", text, StringComparison.Ordinal);
    }
}
