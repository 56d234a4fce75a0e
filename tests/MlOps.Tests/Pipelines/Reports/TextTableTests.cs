using MlOps.Pipelines.Reports;

namespace MlOps.Tests.Pipelines.Reports;

public sealed class TextTableTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_numbers_stand_to_the_right() =>
        Assert.Equal("model  rows\nbike   1000\nm         7", new TextTable("model", "rows").Add("bike", "1000").Add("m", "7").ToString());

    [Theory]
    [InlineData("clears the screen", "\u001b[2J\u001b[H")]
    [InlineData("writes the line anew", "\r")]
    [InlineData("another line", "\n")]
    [InlineData("a tab", "\t")]
    [InlineData("a bell", "\u0007")]
    [InlineData("nothing", "\0")]
    [InlineData("rubout", "\u007f")]
    [InlineData("a command in one byte", "\u009b31m")]
    [InlineData("next line", "\u0085")]
    [InlineData("letters from right to left", "\u202e")]
    [InlineData("an isolate", "\u2066")]
    [InlineData("a mark of direction", "\u200f")]
    [InlineData("no width at all", "\u200b")]
    [InlineData("a line's end", "\u2028")]
    [InlineData("a paragraph's end", "\u2029")]
    [InlineData("a byte order mark", "\ufeff")]
    public void What_others_wrote_commands_no_terminal_and_forges_no_line(string what, string written)
    {
        var text = new TextTable("check", "seen").Add("signature", $"by me{written}pass").Add("gate", "failed").ToString();

        Assert.True(text.Split('\n').Length == 3, what);
        Assert.All(text.Replace("\n", "", StringComparison.Ordinal), letter => Assert.False(written.Contains(letter, StringComparison.Ordinal) && !char.IsAsciiLetterOrDigit(letter) && letter is not '[', $"{what}: U+{(int)letter:X4}"));
        Assert.Matches("by me[ ?]", text);
    }

    [Theory]
    [InlineData("Größe 日本 👍")]
    [InlineData("naïve — “quoted” …")]
    [InlineData("עברית")]
    public void What_people_write_stays(string text) => Assert.Equal($"name\n{text}", new TextTable("name").Add(text).ToString());
}
