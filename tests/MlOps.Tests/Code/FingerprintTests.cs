using MlOps.Code;

namespace MlOps.Tests.Code;

public sealed class FingerprintTests
{
    public static TheoryData<string> Harmless => Edit.Names(HarmlessEdits.All);

    public static TheoryData<string> Telling => Edit.Names(TellingEdits.All);

    [Theory]
    [MemberData(nameof(Harmless))]
    public void An_edit_that_changes_nothing_changes_no_fingerprint(string name)
    {
        var edit = HarmlessEdits.All.Single(edit => edit.Name == name);
        Assert.NotEqual(edit.Before, edit.After);
        Assert.Equal(Compilation.FingerprintOf(edit.Before).Listing, Compilation.FingerprintOf(edit.After).Listing);
    }

    [Theory]
    [MemberData(nameof(Telling))]
    public void An_edit_that_may_change_results_changes_the_fingerprint(string name)
    {
        var edit = TellingEdits.All.Single(edit => edit.Name == name);
        Assert.NotEqual(Compilation.FingerprintOf(edit.Before).Digest, Compilation.FingerprintOf(edit.After).Digest);
    }

    [Theory]
    [InlineData("a constant")]
    [InlineData("a switch over texts")]
    [InlineData("a nested closure")]
    [InlineData("a generated regex")]
    [InlineData("an override")]
    [InlineData("what only generic code makes")]
    [InlineData("an async iterator")]
    [InlineData("a record's printing")]
    [InlineData("a comparer by default")]
    [InlineData("a name of an enumeration that is parsed")]
    [InlineData("a struct's constructor that an activator calls")]
    [InlineData("which field has which offset")]
    public void A_plain_edit_widens_nothing(string name)
    {
        var edit = TellingEdits.All.Single(edit => edit.Name == name);
        Assert.All([edit.Before, edit.After], program => Assert.DoesNotContain(Compilation.FingerprintOf(program).Concerns, concern => concern.Kind == CodeConcernKind.Widened));
    }
}
