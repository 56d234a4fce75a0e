using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class WorkspacePathTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("./a/b.csv", "a/b.csv")]
    [InlineData("data/", "data")]
    [InlineData("..a/b..", "..a/b..")]
    public void Paths_inside_are_read(string text, string expected) => Assert.Equal(expected, WorkspacePath.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    [InlineData("C:/x")]
    [InlineData("a\0b")]
    [InlineData(".")]
    [InlineData("./")]
    public void Paths_that_leave_or_mislead_are_refused(string? text) => Assert.False(WorkspacePath.TryParse(text, out _));

    [Theory]
    [InlineData("a/b", "a", true)]
    [InlineData("a", "a/b", true)]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a/b", "a/c", false)]
    public void Overlap_is_equality_or_containment(string a, string b, bool expected) =>
        Assert.Equal(expected, WorkspacePath.Parse(a).Overlaps(WorkspacePath.Parse(b)));
}
