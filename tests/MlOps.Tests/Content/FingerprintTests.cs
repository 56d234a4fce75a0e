using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class FingerprintTests
{
    [Fact]
    public void The_order_of_parts_does_not_matter() => Prop.ForAll<(string, string)[], int>(ArbMap.Default.ArbFor<(string, string)[]>(), ArbMap.Default.ArbFor<int>(), (pairs, seed) =>
    {
        var parts = pairs.Where(p => p.Item1 is not null && p.Item2 is not null).DistinctBy(p => p.Item1).Select(p => new FingerprintPart(p.Item1, p.Item2)).ToArray();
        var shuffled = parts.ToArray();
        new Random(seed).Shuffle(shuffled);
        return Fingerprint.Of(parts).Digest == Fingerprint.Of(shuffled).Digest;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_other_part_gives_another_fingerprint() => Prop.ForAll<string, string, string>(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<string>(), (a, b, c) =>
        a is null || b is null || c is null || b == c
        || (Fingerprint.Of([new(a, b)]).Digest != Fingerprint.Of([new(a, c)]).Digest
            && Fingerprint.Of([new(b, a)]).Digest != Fingerprint.Of([new(c, a)]).Digest)).QuickCheckThrowOnFailure();

    [Fact]
    public void Parts_cannot_flow_into_each_other()
    {
        Assert.NotEqual(Fingerprint.Of([new("a", "bc")]).Digest, Fingerprint.Of([new("ab", "c")]).Digest);
        Assert.NotEqual(Fingerprint.Of([new("a", "1\n1:b\n1:2")]).Digest, Fingerprint.Of([new("a", "1"), new("b", "2")]).Digest);
        Assert.NotEqual(Digests("""{"a/b":1}"""), Digests("""{"a":{"b":1}}"""));
        Assert.NotEqual(Digests("""{"a":{}}"""), Digests("{}"));
        Assert.NotEqual(Digests("""{"a":"1"}"""), Digests("""{"a":1}"""));
        Assert.Equal(Digests("""{"a":1.0,"b":2}"""), Digests("""{"b":2,"a":1}"""));
    }

    [Fact]
    public void A_difference_names_what_was_added_changed_and_removed()
    {
        var before = Fingerprint.Of(Fingerprint.Flatten("/p", JsonNode.Parse("""{"trees":300,"old":1,"same":[1]}"""))).Parts;
        var after = Fingerprint.Of(Fingerprint.Flatten("/p", JsonNode.Parse("""{"trees":400,"new":{"x":2},"same":[1]}"""))).Parts;
        Assert.Equal(
            [new("/p/new/x", null, "2"), new("/p/old", "1", null), new("/p/trees", "300", "400")],
            Fingerprint.Difference(before, after));
    }

    [Fact]
    public void Two_parts_of_one_name_are_refused() =>
        Assert.Throws<ArgumentException>(() => Fingerprint.Of([new("a", "1"), new("a", "2")]));

    private static Digest Digests(string json) => Fingerprint.Of(Fingerprint.Flatten("/p", JsonNode.Parse(json))).Digest;
}
