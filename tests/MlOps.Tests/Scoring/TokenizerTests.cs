using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  \t\n", "")]
    [InlineData("Hello, World", "hello|world")]
    [InlineData("don't e-mail a_b", "don|t|e|mail|a_b")]
    [InlineData("CAFÉ Straße ١٢", "cafÉ|straße|١٢")]
    [InlineData("Win £100! 50%", "win|£|100|!|50|%")]
    [InlineData("日本語ok🎉🎉", "日|本|語|ok|🎉|🎉")]
    [InlineData("x\u0301y — z…", "x\u0301y|z")]
    [InlineData("a\ud83db", "a|b")]
    [InlineData("한국어 텍스트", "한국어|텍스트")]
    public void Words_are_runs_and_signs_stand_alone(string text, string expected) =>
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), Tokenizer.Tokens(text));

    [Fact]
    public void Terms_are_tokens_then_neighbours() => Assert.Equal(["a", "b", "a", "a b", "b a"], Tokenizer.Terms("a b, A"));
}
