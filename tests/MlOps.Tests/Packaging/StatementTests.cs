using System.Text;
using MlOps.Packaging;
using MlOps.Packaging.Internal;

namespace MlOps.Tests.Packaging;

public sealed class StatementTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Subject = "{\"digest\":{\"sha256\":\"" + Hex + "\"}}";

    [Fact]
    public void The_bytes_are_on_one_line_with_sorted_members() =>
        Assert.Equal(
            $$$"""{"_type":"https://in-toto.io/Statement/v1","predicate":{"a":[true,null],"n":1.5,"ü":"<{{{'\u2028'}}}>"},"predicateType":"https://example.org/note/v1","subject":[{"digest":{"sha256":"{{{Attestation.Package.Digest.Hex}}}"},"name":"bike-demand"}]}""",
            Encoding.UTF8.GetString(Attestation.Statement().ToBytes()));

    [Fact]
    public void What_is_written_is_read_and_written_alike()
    {
        var bytes = Attestation.Statement().ToBytes();
        Assert.True(Statement.TryParse(bytes, out var read, out _));
        Assert.Equal([Attestation.Package], read.Subjects);
        Assert.Equal(bytes, read.ToBytes());
    }

    [Fact]
    public void What_others_add_is_passed_over()
    {
        Assert.True(Statement.TryParse(Encoding.UTF8.GetBytes($$"""
            { "_type": "https://in-toto.io/Statement/v1", "note": [1], "predicateType": "t", "predicate": {},
              "subject": [ { "digest": { "sha256": "{{Hex}}", "sha512": "x" }, "uri": "u", "mediaType": "m" } ] }
            """), out var read, out _));
        Assert.Equal(("", Hex), (read.Subjects[0].Name, read.Subjects[0].Digest.Hex));
    }

    public static TheoryData<string, string> Hostile() => new()
    {
        { "nothing", "" },
        { "null", "null" },
        { "another type", Text("Statement/v1", "Statement/v0.1") },
        { "no subject", Text(Subject, "") },
        { "a null subject", Text(Subject, "null") },
        { "a subject without digest", Text(Subject, """{"name":"x"}""") },
        { "an upper-case digest", Text(Hex, Hex.ToUpperInvariant()) },
        { "a digest with its algorithm", Text(Hex, "sha256:" + Hex) },
        { "a short digest", Text(Hex, Hex[1..]) },
        { "a digest that is a number", Text($"\"{Hex}\"", "1") },
        { "a predicate that is a list", Text("{\"x\":1}", "[]") },
        { "a predicate that is null", Text("{\"x\":1}", "null") },
        { "no predicate", Text("\"predicate\":{\"x\":1},", "") },
        { "a type that is a number", Text("\"t\"", "7") },
        { "a long type", Text("\"_type\":\"", "\"_type\":\"" + new string('x', 100_000)) },
        { "a long member twice", Text("{\"x\":1}", "{\"" + new string('x', 100_000) + "\":1,\"" + new string('x', 100_000) + "\":1}") },
        { "a member twice", Text("{\"x\":1}", "{\"x\":1},\"predicateType\":\"u\"") },
        { "a member twice in the predicate", Text("{\"x\":1}", "{\"x\":1,\"\\u0078\":2}") },
        { "half a character", Text("{\"x\":1}", "{\"x\":\"\\ud800\"}") },
        { "half a character in a name", Text("{\"x\":1}", "{\"\\udc00\":1}") },
        { "a number beyond all", Text("{\"x\":1}", "{\"x\":1e999}") },
        { "more behind it", Text("", "") + "{}" },
        { "deep", Text("{\"x\":1}", "{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}") },
        { "many subjects", Text($"[{Subject}]", "[" + string.Join(',', Enumerable.Repeat(Subject, 1025)) + "]") },
        { "long", Text("{\"x\":1}", "{\"x\":\"" + new string('a', 100_000_000) + "\"}") },
    };

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void What_is_no_statement_is_refused_with_the_reason(string case_, string text)
    {
        Assert.False(Statement.TryParse(Encoding.UTF8.GetBytes(text), out _, out var why), case_);
        Assert.InRange(why.Length, 5, 250);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        Assert.False(Statement.TryParse([.. "{\"_type\":\""u8, 0xff, .. "\"}"u8], out _, out var why));
        Assert.Equal("it is not UTF-8", why);
        Assert.False(BoundedJson.TryRead(new byte[BoundedJson.MaximumBytes + 1], BoundedJson.Plain.StatementWire, out _, out why));
        Assert.Contains("16777216", why, StringComparison.Ordinal);
    }

    // A good statement with one part replaced.
    private static string Text(string part, string by)
    {
        var good = $$"""{"_type":"https://in-toto.io/Statement/v1","predicateType":"t","predicate":{"x":1},"subject":[{{Subject}}]}""";
        return part.Length == 0 ? good : good.Contains(part, StringComparison.Ordinal) ? good.Replace(part, by, StringComparison.Ordinal) : throw new ArgumentException(part);
    }
}
