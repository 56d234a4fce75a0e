using MlOps.Content;
using MlOps.Pipelines.Datasets;

namespace MlOps.Tests.Pipelines.Datasets;

public sealed class DatasetRuleTests
{
    [Theory]
    // pinned, here, remembered: a letter is content, '-' is none
    [InlineData("--- ", nameof(DatasetState.NeverFetched))]
    [InlineData("-a- ", nameof(DatasetState.NeverPinned))]
    [InlineData("-ab ", nameof(DatasetState.NeverPinned))]
    [InlineData("a-- ", nameof(DatasetState.Missing))]
    [InlineData("a-b ", nameof(DatasetState.Missing))]
    [InlineData("aab ", nameof(DatasetState.AsPinned))]
    [InlineData("aba ", nameof(DatasetState.Edited))]
    [InlineData("abb ", nameof(DatasetState.LockMoved))]
    [InlineData("abc ", nameof(DatasetState.Diverged))]
    [InlineData("abbg", nameof(DatasetState.Edited))]
    [InlineData("abcg", nameof(DatasetState.Edited))]
    [InlineData("ab- ", nameof(DatasetState.Edited))]
    [InlineData("ab-k", nameof(DatasetState.LockMoved))]
    public void The_state_follows_from_lock_file_and_memory(string facts, string expected)
    {
        var state = DatasetRule.Judge(Of(facts[0]), Of(facts[1]), Of(facts[2]), () => facts[3] == 'g', () => facts[3] == 'k');

        Assert.Equal(expected, state.ToString());
    }

    private static Digest? Of(char letter) => letter == '-' ? null : Digest.Of(letter.ToString());
}
