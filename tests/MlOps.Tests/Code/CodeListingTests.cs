using MlOps.Code;

namespace MlOps.Tests.Code;

/// <summary>What a listing tells when its code is no more.</summary>
public sealed class CodeListingTests
{
    private const string Before = "namespace M; public static class Model { public static int Run() => Deep() + Gone(); static int Deep() => Deeper(); static int Deeper() => 1; static int Gone() => 5; }";
    private const string After = "namespace M; public static class Model { public static int Run() => Deep() + New(); static int Deep() => Deeper(); static int Deeper() => 2; static int New() => 5; }";

    [Fact]
    public void Two_of_them_tell_what_changed_and_how_it_is_reached()
    {
        var changes = Parsed(After).Since(Parsed(Before));
        Assert.Equal(["Changed static M.Model.Deeper():Int32", "Changed static M.Model.Run():Int32", "Added static M.Model.New():Int32", "Removed static M.Model.Gone():Int32"],
            changes.Select(change => $"{change.Kind} {change.Name}"));
        Assert.Equal(["static M.Model.Run():Int32", "static M.Model.Deep():Int32", "static M.Model.Deeper():Int32"], changes[0].Path);
        Assert.Equal(["static M.Model.Run():Int32", "static M.Model.Gone():Int32"], changes[^1].Path);
    }

    [Fact]
    public void One_is_the_same_as_itself() => Assert.Empty(Parsed(Before).Since(Parsed(Before)));

    [Theory]
    [InlineData("")]
    [InlineData("torn")]
    [InlineData("\t\n\n")]
    public void What_is_none_of_the_digest_is_not_taken(string text) => Assert.Null(CodeListing.TryParse(text, Compilation.FingerprintOf(Before).Digest));

    [Fact]
    public void A_part_of_one_is_not_taken()
    {
        var fingerprint = Compilation.FingerprintOf(Before);
        var text = CodeListing.Text(fingerprint);
        Assert.All(Enumerable.Range(0, text.Length - 1), length => Assert.Null(CodeListing.TryParse(text[..length], fingerprint.Digest)));
    }

    private static CodeListing Parsed(string program)
    {
        var fingerprint = Compilation.FingerprintOf(program);
        return CodeListing.TryParse(CodeListing.Text(fingerprint), fingerprint.Digest)!;
    }
}
