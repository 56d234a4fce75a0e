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
    public void Characters_are_code_points_and_only_A_to_Z_are_lowered() => Assert.Equal(["a", "Ä", " ", "😀", "\uFFFD", "z"], Tokenizer.Characters("AÄ 😀\uD800Z"));
}
